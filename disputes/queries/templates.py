"""Reading saved texts: the templates that fit a claim."""

from __future__ import annotations

from uuid import UUID

from disputes.models import EvidenceTemplate

MOST_TEMPLATES = 200


def list_templates(*, merchant_id: UUID, category: str) -> list[EvidenceTemplate]:
    """For claims of this category or of any, by name."""
    rows = EvidenceTemplate.objects.for_merchant(merchant_id).filter(category__in=["", category])
    return list(rows[:MOST_TEMPLATES])
