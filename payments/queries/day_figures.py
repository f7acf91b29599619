"""The figures of a day for the home page: how well payments go, and what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from foundation.ids import first_id_at
from foundation.money import Money
from payments.models import (
    AttemptStatus,
    Capture,
    CaptureStatus,
    PaymentAttempt,
    Refund,
    RefundStatus,
)

APPROVED = (AttemptStatus.AUTHORIZED, AttemptStatus.PARTIALLY_CAPTURED, AttemptStatus.SUCCEEDED)


@dataclass(frozen=True, slots=True)
class DayFigures:
    """approved and declined: payments with such an answer to an attempt. Sums by currency, the largest first."""

    approved: int
    declined: int
    captured: tuple[Money, ...]
    refunded: tuple[Money, ...]

    @property
    def authorization_rate_bps(self) -> int | None:
        """Basis points of the answers that were approvals; None without an answer."""
        decided = self.approved + self.declined
        return self.approved * 10_000 // decided if decided else None


def read_day_figures(*, merchant_ids: Sequence[UUID] | None, start: datetime, end: datetime) -> DayFigures:
    """What was begun from `start` up to `end`. merchant_ids None: of every merchant. Three queries."""
    counts = _begun(PaymentAttempt, merchant_ids, start, end).aggregate(
        approved=Count("payment_intent_id", filter=Q(status__in=APPROVED), distinct=True),
        declined=Count("payment_intent_id", filter=Q(status=AttemptStatus.DECLINED), distinct=True),
    )
    captures = _begun(Capture, merchant_ids, start, end).filter(status=CaptureStatus.SUCCEEDED)
    refunds = _begun(Refund, merchant_ids, start, end).filter(status=RefundStatus.SUCCEEDED)
    return DayFigures(counts["approved"], counts["declined"], _by_currency(captures), _by_currency(refunds))


LAST_DAY_WORDS = ("answered", "approved", "declined", "captured")


def list_payments_with(what: str, *, start: datetime, end: datetime) -> QuerySet[Any]:
    """Ids of the payments that read_day_figures counts. what: one of LAST_DAY_WORDS."""
    if what == "captured":
        captures = _begun(Capture, None, start, end).filter(status=CaptureStatus.SUCCEEDED)
        return captures.values("attempt__payment_intent_id")
    states = {
        "approved": APPROVED,
        "declined": (AttemptStatus.DECLINED,),
        "answered": (*APPROVED, AttemptStatus.DECLINED),
    }[what]
    return _begun(PaymentAttempt, None, start, end).filter(status__in=states).values("payment_intent_id")


def count_in_doubt(*, merchant_ids: Sequence[UUID] | None) -> int:
    """Charges and refunds whose outcome nobody knows."""
    charges, refunds = (
        _of(model, merchant_ids).filter(next_check_at__isnull=False, status="unknown").values("pk")
        for model in (PaymentAttempt, Refund)
    )
    return charges.union(refunds, all=True).count()


def _of(model: Any, merchant_ids: Sequence[UUID] | None) -> QuerySet[Any]:
    rows = model.across_merchants.order_by()
    return rows if merchant_ids is None else rows.filter(merchant_id__in=merchant_ids)


def _begun(model: Any, merchant_ids: Sequence[UUID] | None, start: datetime, end: datetime) -> QuerySet[Any]:
    # A UUIDv7 begins with its milliseconds: the primary key is an index of time.
    return _of(model, merchant_ids).filter(id__gte=first_id_at(start), id__lt=first_id_at(end))


def _by_currency(rows: QuerySet[Any]) -> tuple[Money, ...]:
    sums = rows.values("currency").annotate(total=Sum("amount_minor")).order_by("-total")
    return tuple(Money(row["total"], row["currency"]) for row in sums)
