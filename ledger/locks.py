"""Every lock the ledger takes from Python.

Guarded accounts are locked inside the database by ledger_check_postings (migration 0002), in order of id, and
only by postings that lower them. In the order of floors the ledger's locks come last: books, adjustment, hold,
then guarded accounts.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from foundation.errors import ResourceMissing
from foundation.transactions import joins_transaction
from ledger.models import AccountingPeriod, Hold, ManualAdjustment

# The same key as in migration 0005: entries with an old date take it shared, at their commit.
_LOCK_BOOKS = "SELECT pg_advisory_xact_lock(hashtextextended('ledger_books:' || %s::uuid, 0))"


@joins_transaction
def lock_hold(merchant_id: UUID, reference: str) -> Hold:
    """The hold of that reference, fresh. Raises ResourceMissing."""
    hold = (
        Hold.objects.for_merchant(merchant_id)
        .select_for_update(of=("self",))
        .filter(reference=reference)
        .first()
    )
    if hold is None:
        raise ResourceMissing(f"No such hold: {reference}")
    return hold


@joins_transaction
def lock_books(merchant_id: UUID) -> None:
    """Alone with the merchant's dates: nobody else closes or opens a period, nobody commits an old date."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_BOOKS, [merchant_id])


@joins_transaction
def lock_period(merchant_id: UUID, period_id: UUID) -> AccountingPeriod:
    """The period, fresh. Raises ResourceMissing."""
    period = (
        AccountingPeriod.objects.for_merchant(merchant_id)
        .select_for_update(of=("self",))
        .filter(pk=period_id)
        .first()
    )
    if period is None:
        raise ResourceMissing("No such period.")
    return period


@joins_transaction
def lock_adjustment(merchant_id: UUID, adjustment_id: UUID) -> ManualAdjustment:
    """The adjustment, fresh. Raises ResourceMissing."""
    adjustment = (
        ManualAdjustment.objects.for_merchant(merchant_id)
        .select_for_update(of=("self",))
        .filter(pk=adjustment_id)
        .first()
    )
    if adjustment is None:
        raise ResourceMissing("No such adjustment.")
    return adjustment
