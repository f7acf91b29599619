"""Note that what an approval was bound to has changed."""

from __future__ import annotations

from foundation.transactions import joins_transaction
from payments.models import PaymentIntent


@joins_transaction
def note_change(intent: PaymentIntent) -> None:
    """Raise the version of a payment, which is locked: an approval of an earlier one lapses."""
    intent.version += 1
    intent.save(update_fields=["version"])
