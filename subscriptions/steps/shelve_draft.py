"""A draft that nobody wants any more: it is kept, and neither finalized nor charged by itself."""

from __future__ import annotations

from foundation.transactions import joins_transaction
from subscriptions.models import Invoice


@joins_transaction
def shelve_draft(invoice: Invoice) -> None:
    """The invoice is locked, and waits for its taxes. Writes the invoice."""
    invoice.auto_advance = False
    invoice.finalizes_at = invoice.next_payment_attempt_at = None
    invoice.save(update_fields=["auto_advance", "finalizes_at", "next_payment_attempt_at"])
