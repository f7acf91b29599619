"""How many payments were asked for and captured in a time: what the networks measure disputes and fraud against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from foundation.ids import first_id_at
from payments.models import AttemptStatus, PaymentAttempt

CAPTURED = (AttemptStatus.SUCCEEDED, AttemptStatus.PARTIALLY_CAPTURED)
AUTHORIZATIONS = (
    *CAPTURED,
    AttemptStatus.AUTHORIZED,
    AttemptStatus.VOIDED,
    AttemptStatus.EXPIRED,
    AttemptStatus.RETURNED,
    AttemptStatus.DECLINED,
)
"""Attempts that the network has decided, either way."""

MISTYPED = (
    "incorrect_number",
    "invalid_number",
    "incorrect_cvc",
    "invalid_cvc",
    "invalid_expiry_month",
    "invalid_expiry_year",
)
"""Declines of somebody who does not have the card in hand: what tries of guessed numbers end in."""


@dataclass(frozen=True, slots=True)
class CardTesting:
    """authorizations: decided ones. suspected: those of them that ended as guessed cards do."""

    authorizations: int
    suspected: int


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


def count_card_testing(*, merchant_id: UUID, brand: str, start: datetime, end: datetime) -> CardTesting:
    """Attempts on cards of a brand from `start` up to `end`. Whom the network suspects, only its own score knows."""
    rows = PaymentAttempt.objects.for_merchant(merchant_id).filter(
        id__gte=first_id_at(start),
        id__lt=first_id_at(end),
        payment_method__brand=brand,
        status__in=AUTHORIZATIONS,
    )
    is_mistyped = Q(error_code__in=MISTYPED) | Q(decline_code__in=MISTYPED)
    counted = rows.aggregate(
        authorizations=Count("id"),
        suspected=Count("id", filter=Q(status=AttemptStatus.DECLINED) & is_mistyped),
    )
    return CardTesting(**counted)
