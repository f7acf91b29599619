"""Every lock the ledger takes from Python.

Guarded accounts are locked inside the database by ledger_check_postings (migration 0002), in order of id, and
only by postings that lower them. In the order of floors the ledger's locks come last: hold, then guarded
accounts.
"""

from __future__ import annotations

from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.transactions import joins_transaction
from ledger.models import Hold


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
