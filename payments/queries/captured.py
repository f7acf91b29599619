"""How many payments were captured in a time, by network: what the networks measure disputes against."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Count

from foundation.ids import first_id_at
from payments.models import AttemptStatus, PaymentAttempt

CAPTURED = (AttemptStatus.SUCCEEDED, AttemptStatus.PARTIALLY_CAPTURED)


def count_captured(*, merchant_id: UUID, start: datetime, end: datetime) -> dict[str, int]:
    """Charges begun from `start` up to `end` and captured since, by brand of the card in lower case."""
    rows = (
        PaymentAttempt.objects.for_merchant(merchant_id)
        # A UUIDv7 begins with its milliseconds: the primary key is an index of time.
        .filter(id__gte=first_id_at(start), id__lt=first_id_at(end), status__in=CAPTURED)
        .order_by()
        .values("payment_method__brand")
        .annotate(count=Count("id"))
    )
    return {row["payment_method__brand"]: row["count"] for row in rows}
