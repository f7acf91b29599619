"""Open the last closed period again."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.transactions import owns_transaction
from ledger.errors import PeriodNotLast, SecondPersonNeeded
from ledger.locks import lock_books, lock_period
from ledger.models import AccountingPeriod
from ledger.queries.periods import find_last_closed_period


@owns_transaction
def reopen_period(*, merchant_id: UUID, period_id: UUID, reason: str) -> AccountingPeriod:
    """Let entries be dated inside the period again, by a person other than the one who closed it.

    reason: 1 to 500 characters, kept.
    Raises: ResourceMissing, PeriodNotLast, SecondPersonNeeded.
    Writes: the period; its PeriodBalances stay as a record and are read no more.
    Safe to repeat: a period that is open again is answered as it is.
    """
    lock_books(merchant_id)
    period = lock_period(merchant_id, period_id)
    if period.status == AccountingPeriod.Status.REOPENED:
        return period
    if find_last_closed_period(merchant_id) != period:
        raise PeriodNotLast()
    actor = current().actor[:150]
    if actor == period.closed_by:
        raise SecondPersonNeeded("Another person than the one who closed the period opens it again.")
    period.reopen()
    period.reopened_at = clock.now()
    period.reopened_by = actor
    period.reopen_reason = reason
    period.save(update_fields=["status", "reopened_at", "reopened_by", "reopen_reason"])
    return period
