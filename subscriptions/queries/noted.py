"""What credit notes have given back of invoice lines."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import F, Sum

from subscriptions.models import CreditNoteLine, CreditNoteStatus, InvoiceLine


def read_noted(lines: Sequence[InvoiceLine]) -> dict[UUID, int]:
    """By the line's id: minor units before tax and net of discount, of notes that were not voided."""
    if not lines:
        return {}
    rows = CreditNoteLine.objects.for_merchant(lines[0].merchant_id).filter(
        invoice_line_id__in=[line.id for line in lines], credit_note__status=CreditNoteStatus.ISSUED
    )
    sums = rows.values("invoice_line_id").annotate(back=Sum(F("amount_minor") - F("discount_minor")))
    # Plain ordering would group by the order's columns as well.
    return {row["invoice_line_id"]: row["back"] for row in sums.order_by()}
