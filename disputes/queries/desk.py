"""What the queue shows beside its rows, read for a page of them at once, and how many wait by the time left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, Func, Q, QuerySet, TextField

from disputes.lifecycle import ANSWERABLE
from disputes.models import STANDING, Dispute, DisputeOrder, DisputePolicy
from disputes.queries.dispute_page import Worth, code_of, worth_of
from disputes.queries.outcomes import read_odds
from disputes.reason_codes import gaps

DAY = timedelta(days=1)
# By the time left, soonest first: the last has no end.
TIME_LEFT: dict[str, tuple[timedelta | None, timedelta | None]] = {
    "past": (None, timedelta(0)),
    "1d": (timedelta(0), DAY),
    "3d": (DAY, 3 * DAY),
    "7d": (3 * DAY, 7 * DAY),
    "later": (7 * DAY, None),
}


@dataclass(frozen=True, slots=True)
class DeskFacts:
    """gaps: fields that the pack still lacks. answer: kind of the order that stands, empty for none."""

    gaps: int
    worth: Worth
    answer: str


def read_desk_facts(disputes: Sequence[Dispute]) -> dict[UUID, DeskFacts]:
    """For a page of disputes, in four queries. The evidence itself stays on disk: only its fields' names are read."""
    if not disputes:
        return {}
    ids = [dispute.id for dispute in disputes]
    merchants = {dispute.merchant_id for dispute in disputes}
    staged = dict(
        Dispute.across_merchants.filter(pk__in=ids, merchant_id__in=merchants)
        .order_by()
        .annotate(staged=_FieldNames("evidence"))
        .values_list("pk", "staged")
    )
    policies = {
        policy.merchant_id: policy
        for policy in DisputePolicy.across_merchants.filter(merchant_id__in=merchants)
    }
    answers = {
        (dispute_id, stage): kind
        for dispute_id, stage, kind in DisputeOrder.across_merchants.filter(
            merchant_id__in=merchants, dispute_id__in=ids, status__in=STANDING
        ).values_list("dispute_id", "stage", "kind")
    }
    odds = read_odds(disputes)
    return {
        dispute.id: DeskFacts(
            gaps=len(gaps(code_of(dispute).category, dict.fromkeys(staged.get(dispute.id, ()), "staged"))),
            worth=worth_of(dispute, odds[dispute.id], policies.get(dispute.merchant_id)),
            answer=answers.get((dispute.id, dispute.stage), ""),
        )
        for dispute in disputes
    }


def count_by_time_left(*, merchant_ids: Sequence[UUID] | None, now: datetime) -> dict[str, int]:
    """Disputes that wait for an answer, by the keys of TIME_LEFT. None: of every merchant. One query."""
    rows = Dispute.across_merchants.filter(status__in=list(ANSWERABLE))
    if merchant_ids is not None:
        rows = rows.filter(merchant_id__in=merchant_ids)
    counts: dict[str, Any] = {
        f"due_{name}": Count("id", filter=_due(now, *bounds)) for name, bounds in TIME_LEFT.items()
    }
    counted = rows.order_by().aggregate(**counts)
    return {name: counted[f"due_{name}"] for name in TIME_LEFT}


def due_within(disputes: QuerySet[Dispute], name: str, *, now: datetime) -> QuerySet[Dispute]:
    """Narrowed to one of TIME_LEFT; what waits for no answer is left out."""
    return disputes.filter(_due(now, *TIME_LEFT[name]), status__in=list(ANSWERABLE))


def _due(now: datetime, start: timedelta | None, end: timedelta | None) -> Q:
    due = Q(evidence_due_at__isnull=False)
    if start is not None:
        due &= Q(evidence_due_at__gte=now + start)
    if end is not None:
        due &= Q(evidence_due_at__lt=now + end)
    return due


class _FieldNames(Func):  # type: ignore[type-arg]
    """The names of a JSON object's fields, as an array."""

    template = "ARRAY(SELECT jsonb_object_keys(%(expressions)s))"
    output_field = ArrayField(TextField())
