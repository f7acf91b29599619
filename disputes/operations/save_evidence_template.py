"""Keep a text that agents reuse for one field of evidence, or change it."""

from __future__ import annotations

from uuid import UUID

from disputes.errors import EvidenceTemplateChanged, EvidenceTemplateNameTaken
from disputes.evidence_fields import TEXT_FIELDS
from disputes.locks import lock_desk
from disputes.models import EvidenceTemplate
from disputes.template_texts import template_hash, texts_of
from foundation.http.parsers import refuse_pan
from foundation.transactions import owns_transaction


@owns_transaction
def save_evidence_template(
    *,
    merchant_id: UUID,
    template_id: UUID,
    name: str,
    category: str,
    field: str,
    text: str,
    expected_sha256: str | None = None,
) -> EvidenceTemplate:
    """template_id: of the one to change, or chosen by the caller for a new one: the page's one-time form key.
    category: of claims, empty for any. field: one of the text fields. expected_sha256: template_hash of what the person
    saw; None for a new one.

    Raises: EvidenceTemplateChanged, EvidenceTemplateNameTaken, PanRefused. Writes: the template, its history.
    Safe to repeat: the same template_id is the same template.
    """
    if field not in TEXT_FIELDS:
        raise ValueError(f"{field} is no text field of evidence.")
    refuse_pan(text)
    lock_desk(merchant_id)
    templates = EvidenceTemplate.objects.for_merchant(merchant_id)
    template = templates.filter(pk=template_id).first()
    wanted = {"name": name, "category": category, "field": field, "text": text}
    if template is not None and texts_of(template) == wanted:
        return template
    if expected_sha256 is not None and (template is None or template_hash(template) != expected_sha256):
        raise EvidenceTemplateChanged()
    if templates.filter(name=name).exclude(pk=template_id).exists():
        raise EvidenceTemplateNameTaken(param="name")
    if template is None:
        template = EvidenceTemplate(id=template_id, merchant_id=merchant_id)
    for attribute, value in wanted.items():
        setattr(template, attribute, value)
    template.save()
    return template
