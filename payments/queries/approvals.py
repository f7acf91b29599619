"""Refunds that wait for a second person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from payments.models import RefundApproval


def list_lapsed_approvals(now: datetime, *, limit: int) -> list[tuple[UUID, UUID]]:
    """(merchant, refund) of what nobody decided in time, the oldest first, whoever's they are."""
    rows = RefundApproval.across_merchants.filter(decision="", lapses_at__lte=now).order_by("lapses_at")
    return list(rows.values_list("merchant_id", "refund_id")[:limit])
