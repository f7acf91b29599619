"""What a person can change in an evidence template, and its hash: what a change is bound to."""

from __future__ import annotations

from disputes.models import EvidenceTemplate
from disputes.steps.open_order import evidence_hash


def texts_of(template: EvidenceTemplate) -> dict[str, str]:
    return {
        "name": template.name,
        "category": template.category,
        "field": template.field,
        "text": template.text,
    }


def template_hash(template: EvidenceTemplate) -> str:
    """SHA-256 of all that a person can change in it, hexadecimal."""
    return evidence_hash(texts_of(template))
