"""Close the books up to an instant. From then on nothing can be dated before it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.jobs.staging import stage_job
from foundation.transactions import owns_transaction
from ledger.errors import PeriodInvalid
from ledger.locks import lock_books
from ledger.models import AccountingPeriod
from ledger.queries.periods import find_last_closed_period

# PostgreSQL holds to it as well (migration 0005), by its own clock.
GRACE = timedelta(hours=1)


@owns_transaction
def close_period(*, merchant_id: UUID, period_id: UUID, ends_at: datetime) -> AccountingPeriod:
    """Close the stretch from the end of the last closed period (or the beginning) up to ends_at, left out.

    ends_at: at least an hour ago. period_id: chosen by the caller, such as a form's one-time key.
    Raises: PeriodInvalid; LockTimeout while an entry with an old date is being committed.
    Writes: one AccountingPeriod; the job ledger.freeze_period, which keeps its balances.
    Safe to repeat: the same period_id finds its period.
    """
    lock_books(merchant_id)
    existing = AccountingPeriod.objects.for_merchant(merchant_id).filter(pk=period_id).first()
    if existing is not None:
        return existing
    last = find_last_closed_period(merchant_id)
    if last is not None and ends_at <= last.ends_at:
        raise PeriodInvalid(f"The books are closed up to {last.ends_at:%Y-%m-%d %H:%M} UTC already.")
    if ends_at > clock.now() - GRACE:
        raise PeriodInvalid("A period can be closed at the earliest an hour after its end.")
    period = AccountingPeriod(
        id=period_id,
        merchant_id=merchant_id,
        starts_at=last.ends_at if last else None,
        ends_at=ends_at,
        closed_by=current().actor[:150],
    )
    period.save(force_insert=True)
    stage_job(
        "ledger.freeze_period",
        {"merchant_id": str(merchant_id), "period_id": str(period_id)},
        merchant_id=merchant_id,
    )
    return period
