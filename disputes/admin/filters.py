"""The queue's tabs and filters. Their choices are known beforehand: nothing is asked of the table to draw them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from disputes.admin.words import NETWORKS, REASONS
from disputes.lifecycle import ANSWERABLE
from disputes.models import ClosedBy, DisputeStage, DisputeStatus
from disputes.queries.desk import TIME_LEFT, due_within
from disputes.queries.monitoring import Month, counted_in
from foundation import clock
from foundation.backoffice.filters import SelectFilter, fixed_filter

UNDER_REVIEW = (DisputeStatus.UNDER_REVIEW, DisputeStatus.WARNING_UNDER_REVIEW)
TABS = {
    "": "Needs response",
    "mine": "Mine",
    "review": "Under review",
    "closed": "Closed",
    "all": "All",
}
TIME_LEFT_WORDS = {
    "past": "Past the deadline",
    "1d": "Within 24 hours",
    "3d": "In 1 to 3 days",
    "7d": "In 3 to 7 days",
    "later": "Later than 7 days",
}
assert TIME_LEFT_WORDS.keys() == TIME_LEFT.keys()


def tab_of(request: HttpRequest) -> str:
    """The chosen tab. A search, or a filter on how disputes ended, looks through all of them."""
    chosen = request.GET.get("tab")
    if chosen in TABS:
        return chosen
    looks_everywhere = any(
        request.GET.get(name) for name in ("q", "ended", "status", "closed", "counted", "agent", "product")
    )
    return "all" if looks_everywhere else ""


class HiddenFilter(SimpleListFilter):
    """A filter that a link sets: it is kept in the filter form and drawn nowhere."""

    template = "admin/disputes/dispute/hidden_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")]


class TabFilter(HiddenFilter):
    title = "tab"
    parameter_name = "tab"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        tab = tab_of(request)
        if tab == "":
            return queryset.filter(status__in=list(ANSWERABLE))
        if tab == "mine":
            return queryset.filter(assigned_to=request.user.get_username(), closed_at__isnull=True)
        if tab == "review":
            return queryset.filter(status__in=list(UNDER_REVIEW))
        return queryset.filter(closed_at__isnull=False) if tab == "closed" else queryset


class ProductFilter(HiddenFilter):
    """What was sold, word for word: the monitoring page's products lead here."""

    title = "product"
    parameter_name = "product"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(payment_intent__description=_given(self.value()))


class AgentFilter(HiddenFilter):
    title = "agent"
    parameter_name = "agent"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() is None else queryset.filter(assigned_to=_given(self.value()))


class CodeFilter(HiddenFilter):
    """The network's reason code: what the chance of winning is counted by."""

    title = "code"
    parameter_name = "code"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() is None else queryset.filter(network_reason_code=self.value())


class CountedFilter(HiddenFilter):
    """Chargebacks opened in a month ("2026-11", UTC) that the networks' programs count."""

    title = "counted in"
    parameter_name = "counted"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        month = _month(self.value())
        return queryset if month is None else counted_in(queryset, month)


class DueFilter(SelectFilter):
    title = "time left"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(TIME_LEFT_WORDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        name = self.value()
        return due_within(queryset, name, now=clock.now()) if name in TIME_LEFT else queryset


class EndedFilter(SelectFilter):
    """How it ended, as the monitoring page counts it."""

    title = "how it ended"
    parameter_name = "ended"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("any", "Ended"),
            ("fought", "Answered and decided"),
            ("won", "Answered and won"),
            ("accepted", "Accepted by us"),
            ("unanswered", "Lost without an answer"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        conditions = {
            "any": Q(closed_at__isnull=False),
            "fought": Q(closed_at__isnull=False, submission_count__gt=0),
            "won": Q(submission_count__gt=0, status=DisputeStatus.WON),
            "accepted": Q(status=DisputeStatus.LOST, closed_by=ClosedBy.ACCEPTED),
            "unanswered": Q(status=DisputeStatus.LOST, closed_by=ClosedBy.EXPIRED),
        }
        condition = conditions.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


class ClosedFilter(SelectFilter):
    title = "when it ended"
    parameter_name = "closed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("30", "In the last 30 days"), ("90", "In the last 90 days"), ("365", "In the last 365 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        days = {"30": 30, "90": 90, "365": 365}.get(self.value() or "")
        return (
            queryset if days is None else queryset.filter(closed_at__gte=clock.now() - timedelta(days=days))
        )


QUEUE_FILTERS = (
    TabFilter,
    DueFilter,
    fixed_filter("reason", list(REASONS.items())),
    fixed_filter("network", list(NETWORKS.items())),
    fixed_filter("status", list(DisputeStatus.choices)),
    fixed_filter("stage", list(DisputeStage.choices)),
    EndedFilter,
    ClosedFilter,
    ProductFilter,
    AgentFilter,
    CodeFilter,
    CountedFilter,
)


def _month(text: str | None) -> Month | None:
    try:
        return Month(date.fromisoformat(f"{text}-01"))
    except ValueError:
        return None


def _given(value: str | None) -> str:
    # "none" is what outcomes call a group without a name.
    return "" if value in (None, "none") else value
