"""Keep a text that agents reuse for one field of evidence, or change it."""

from __future__ import annotations

from uuid import UUID

from disputes.errors import EvidenceTemplateNameTaken
from disputes.evidence_fields import TEXT_FIELDS
from disputes.models import EvidenceTemplate
from foundation.http.parsers import refuse_pan
from foundation.transactions import owns_transaction


@owns_transaction
def save_evidence_template(
    *, merchant_id: UUID, template_id: UUID, name: str, category: str, field: str, text: str
) -> EvidenceTemplate:
    """template_id: of the one to change, or chosen by the caller for a new one: the page's one-time form key.
    category: of claims, empty for any. field: one of the text fields.

    Raises: EvidenceTemplateNameTaken, PanRefused. Writes: the template, its history.
    Safe to repeat: the same template_id is the same template.
    """
    if field not in TEXT_FIELDS:
        raise ValueError(f"{field} is no text field of evidence.")
    refuse_pan(text)
    templates = EvidenceTemplate.objects.for_merchant(merchant_id)
    if templates.filter(name=name).exclude(pk=template_id).exists():
        raise EvidenceTemplateNameTaken(param="name")
    template = templates.filter(pk=template_id).first() or EvidenceTemplate(
        id=template_id, merchant_id=merchant_id
    )
    template.name, template.category = name, category
    template.field, template.text = field, text
    template.save()
    return template
