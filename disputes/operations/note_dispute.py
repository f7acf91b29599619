"""Write a note on a dispute, for colleagues."""

from __future__ import annotations

from uuid import UUID

from disputes.locks import lock_dispute
from disputes.models import DisputeNote
from foundation.context import current
from foundation.transactions import owns_transaction


@owns_transaction
def note_dispute(*, merchant_id: UUID, dispute_id: UUID, note_id: UUID, text: str) -> DisputeNote:
    """note_id: chosen by the caller: the dialog's one-time form key.

    Raises: ResourceMissing. Writes: the note, the dispute (an announced acceptance is called off).
    Safe to repeat: the same note_id finds its note."""
    dispute = lock_dispute(merchant_id=merchant_id, dispute_id=dispute_id)
    notes = DisputeNote.objects.for_merchant(merchant_id)
    existing = notes.filter(pk=note_id).first()
    if existing is not None:
        return existing
    if dispute.accepts_at is not None:
        dispute.accepts_at = None
        dispute.save(update_fields=["accepts_at"])
    return notes.create(
        id=note_id,
        merchant_id=merchant_id,
        dispute=dispute,
        text=text,
        written_by=current().actor[:150],
    )
