"""Delete a template. What was written with it stays where it was written."""

from __future__ import annotations

from uuid import UUID

from disputes.locks import lock_desk
from disputes.models import EvidenceTemplate
from foundation.transactions import owns_transaction


@owns_transaction
def delete_evidence_template(*, merchant_id: UUID, template_id: UUID) -> None:
    """Delete it for the whole shop.

    Raises: nothing of its own. Writes: the template's end, its history.
    Safe to repeat: nothing is left to delete.
    """
    lock_desk(merchant_id)
    template = EvidenceTemplate.objects.for_merchant(merchant_id).filter(pk=template_id).first()
    if template is not None:
        template.delete()
