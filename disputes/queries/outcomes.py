"""How disputes end: win rate by what they have in common, what was left unanswered, what came back, and what fighting
is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from disputes.models import ClosedBy, Dispute, DisputeFundMovement, DisputeStatus
from foundation.money import HALF_EVEN, Money, round_fraction

BY = {
    "reason": "reason",
    "network": "network",
    "agent": "assigned_to",
    "product": "payment_intent__description",
}
PRIOR_WINS, PRIOR_FIGHTS = 1, 3
"""A third, worth three disputes: what is believed of a group before it has a history."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """group: a reason, network, agent or product. fought: answered with evidence and decided."""

    group: str
    fought: int
    won: int
    unanswered: int
    closed: int

    @property
    def win_rate_bps(self) -> int | None:
        """Of those fought; None without one."""
        return self.won * 10_000 // self.fought if self.fought else None


def list_outcomes(
    *, merchant_ids: Sequence[UUID] | None, by: str, start: datetime, end: datetime
) -> list[Outcome]:
    """Disputes closed in that time, by one of BY, the most frequent group first. One query."""
    rows = (
        _closed(merchant_ids, start, end)
        .order_by()
        .values(BY[by])
        .annotate(
            closed=Count("id"),
            fought=Count("id", filter=Q(submission_count__gt=0)),
            won=Count("id", filter=Q(submission_count__gt=0, status=DisputeStatus.WON)),
            unanswered=Count("id", filter=Q(status=DisputeStatus.LOST, closed_by=ClosedBy.EXPIRED)),
        )
        .order_by("-closed", BY[by])
    )
    return [
        Outcome(row[BY[by]] or "none", row["fought"], row["won"], row["unanswered"], row["closed"])
        for row in rows[:100]
    ]


def recovered(*, merchant_id: UUID, start: datetime, end: datetime) -> dict[str, Money]:
    """What PSPs gave back in that time less the fees they took for disputes, by currency."""
    rows = (
        DisputeFundMovement.objects.for_merchant(merchant_id)
        .filter(occurred_at__gte=start, occurred_at__lt=end)
        .order_by()
        .values("currency")
        .annotate(back=Sum("amount_minor", filter=Q(amount_minor__gt=0)), fees=Sum("fee_minor"))
    )
    return {row["currency"]: Money((row["back"] or 0) - row["fees"], row["currency"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Odds:
    """What was won of what was fought and decided, of one network and code."""

    won: int
    fought: int

    @property
    def probability(self) -> Fraction:
        return Fraction(self.won + PRIOR_WINS, self.fought + PRIOR_FIGHTS)


def read_odds(disputes: Iterable[Dispute]) -> dict[UUID, Odds]:
    """For each dispute, how its merchant's disputes of the same network and code went that it fought. One query."""
    asked = {dispute.id: _kind(dispute.__dict__) for dispute in disputes}
    kinds = set(asked.values())
    rows = (
        Dispute.across_merchants.filter(
            merchant_id__in={merchant for merchant, _, _ in kinds},
            network__in={network for _, network, _ in kinds},
            network_reason_code__in={code for _, _, code in kinds},
            submission_count__gt=0,
            status__in=[DisputeStatus.WON, DisputeStatus.LOST],
        )
        .order_by()
        .values("merchant_id", "network", "network_reason_code")
        # Counted by a column of the index dispute_fought, which then answers alone.
        .annotate(fought=Count("merchant_id"), won=Count("merchant_id", filter=Q(status=DisputeStatus.WON)))
    )
    found = {_kind(row): Odds(row["won"], row["fought"]) for row in rows}
    return {dispute_id: found.get(kind, Odds(0, 0)) for dispute_id, kind in asked.items()}


def _kind(row: Mapping[str, Any]) -> tuple[UUID, str, str]:
    return row["merchant_id"], row["network"], row["network_reason_code"]


def win_probability(dispute: Dispute) -> Fraction:
    """From disputes of the same network and code that this merchant fought and that were decided."""
    return read_odds([dispute])[dispute.id].probability


def value_of_fighting(amount: Money, probability: Fraction, counter_fee: Money) -> Money:
    """p × amount − (1 − p) × counter fee, half even; the fee of the dispute itself is gone either way."""
    exact = probability * amount.amount_minor
    if counter_fee.currency == amount.currency:
        exact -= (1 - probability) * counter_fee.amount_minor
    return Money(round_fraction(exact, HALF_EVEN), amount.currency)


def _closed(merchant_ids: Sequence[UUID] | None, start: datetime, end: datetime) -> QuerySet[Dispute]:
    rows = Dispute.across_merchants.filter(closed_at__gte=start, closed_at__lt=end)
    return rows if merchant_ids is None else rows.filter(merchant_id__in=merchant_ids)
