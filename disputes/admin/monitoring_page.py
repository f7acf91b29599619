"""The networks' monitoring programs with thresholds, forecast and plots, and how one merchant's disputes end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from disputes.admin.of_merchant import Shop, shops_of
from disputes.admin.plots import Bar, percent, plot_bars
from disputes.admin.words import NETWORKS, reason_words
from disputes.models import MonitoringFigure
from disputes.monitoring import is_of_cemea
from disputes.queries.monitoring import Measured, Month, list_figures, read_programs
from disputes.queries.outcomes import Outcome, list_outcomes, recovered
from foundation import clock
from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, badge, readable

TEMPLATE = "admin/disputes/monitoringfigure/page.html"
PROGRAMS: dict[str, dict[str, Any]] = {
    "visa_vamp": {
        "title": "Visa VAMP",
        "counts": "Fraud reports and disputes of this month, over the payments captured this month.",
        "of": "captured this month",
        "network": "visa",
        "means": "An excessive merchant pays Visa for each fraud report and dispute, through its acquirer.",
    },
    "visa_enumeration": {
        "title": "Visa enumeration",
        "counts": "Visa authorizations of this month that were declined for a wrong number, date or security code, "
        "over all of this month.",
        "of": "authorizations this month",
        "network": "",
        "means": "So many guesses mean that stolen card numbers are tried out here. Visa counts by a score of its own; "
        "this is what can be seen from outside. Ask for a challenge, and limit the tries, long before it is reached.",
    },
    "mastercard_ecp": {
        "title": "Mastercard ECM and HECM",
        "counts": "Chargebacks of this month, over the payments captured last month.",
        "of": "captured last month",
        "network": "mastercard",
        "means": "Fines begin in the second month of either, and grow with each that follows.",
    },
}
THRESHOLD_WORDS = {"excessive": "Excessive", "ecm": "ECM", "hecm": "HECM"}
SPANS = {"30": 30, "90": 90, "365": 365}
# The queue's filters are called as the groups are.
GROUPS = {"reason": "By reason", "network": "By network", "product": "By product", "agent": "By agent"}
BPS = 10_000


@admin.register(MonitoringFigure)
class MonitoringFigureAdmin(BackOfficeAdmin):
    """Its list is the monitoring page; a single figure has no page of its own to act on."""

    fields = ("program", "month", "count", "base", "rate_bps", "projected_count", "measured_at")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        shops = shops_of(request)
        shop = next(
            (s for s in shops if str(s.pk) == request.GET.get("merchant")), shops[0] if shops else None
        )
        asked = request.GET.get("days", "")
        span = asked if asked in SPANS else "90"
        context = {
            **self.admin_site.each_context(request),
            "title": "Monitoring",
            "opts": self.opts,
            "shops": shops,
            "shop": shop,
            "spans": [(days, f"The last {days} days", days == span) for days in SPANS],
            **(monitoring_context(shop, span, clock.now()) if shop is not None else {}),
        }
        return TemplateResponse(request, TEMPLATE, context)


def monitoring_context(shop: Shop, span: str, now: datetime) -> dict[str, Any]:
    """The template's variables for one merchant."""
    month = Month.of(now)
    # The newest second belongs to the span: what ended just now is counted.
    start, end = now - timedelta(days=SPANS[span]), now + timedelta(seconds=1)
    outcomes = {by: list_outcomes(merchant_ids=[shop.pk], by=by, start=start, end=end) for by in GROUPS}
    money = recovered(merchant_id=shop.pk, start=start, end=end)
    return {
        "month": f"{month.first_day:%B %Y}",
        "programs": [
            _program(shop.pk, measured, month)
            for measured in read_programs(merchant_id=shop.pk, month=month, now=now)
        ],
        "totals": _totals(outcomes["reason"], span),
        "recovered": [readable(amount) for amount in money.values()] or ["nothing"],
        "tables": [
            (title, [_row(by, outcome, span) for outcome in outcomes[by]]) for by, title in GROUPS.items()
        ],
    }


def _program(merchant_id: UUID, measured: Measured, month: Month) -> dict[str, Any]:
    reading = measured.reading
    about = PROGRAMS[reading.program]
    before = [
        Bar(f"{figure.month:%b}", figure.rate_bps)
        for figure in list_figures(merchant_id=merchant_id, program=reading.program)
        if figure.month < month.first_day
    ]
    bars = [*before, Bar(f"{month.first_day:%b}", int(reading.rate_bps), is_now=True)]
    limit = reading.thresholds[0]
    queue = reverse("admin:disputes_dispute_changelist")
    return {
        "title": about["title"],
        "counts": about["counts"],
        "badge": _reading_badge(measured),
        "rate": percent(int(reading.rate_bps)),
        "count": f"{reading.count:,}",
        "count_url": (
            f"{queue}?counted={month.first_day:%Y-%m}&network={about['network']}" if about["network"] else ""
        ),
        "warnings_url": (
            f"{reverse('admin:disputes_fraudwarning_changelist')}?created=month"
            if reading.program == "visa_vamp"
            else ""
        ),
        "base": f"{reading.base:,}",
        "of": about["of"],
        "thresholds": [
            (THRESHOLD_WORDS[one.name], f"{one.count:,}", percent(one.rate_bps)) for one in reading.thresholds
        ],
        "region": "These are the thresholds of Visa's region CEMEA." if is_of_cemea(reading) else "",
        "means": about["means"],
        "forecast": _forecast(measured),
        "days_left": measured.days_left,
        "plot": plot_bars(
            bars,
            limit_bps=limit.rate_bps,
            limit_words=f"{THRESHOLD_WORDS[limit.name]}, with {limit.count:,} or more",
            title=f"{about['title']} by month; this month {percent(int(reading.rate_bps))}",
        ),
        "bars": [(bar.label, percent(bar.value_bps)) for bar in bars],
    }


def _reading_badge(measured: Measured) -> str:
    reading = measured.reading
    if reading.reached:
        return badge(f"{THRESHOLD_WORDS[reading.reached]} reached", "bad")
    if reading.warned_at_bps:
        return badge(f"{reading.warned_at_bps * 100 // BPS} % of the way", "warn")
    return badge("Far from the threshold", "good")


def _forecast(measured: Measured) -> str:
    """Where the month ends at this pace: both conditions have to be reached."""
    reading, following = measured.reading, measured.reading.next_threshold
    ends = f"At this pace the month ends with {measured.projected_count:,}"
    if following is None:
        return f"{ends}. No higher threshold is left."
    name = THRESHOLD_WORDS[following.name]
    if measured.projected_count < following.count:
        return f"{ends}, below the {following.count:,} of “{name}”."
    if reading.rate_bps < following.rate_bps:
        rate = percent(following.rate_bps)
        return f"{ends}, beyond the {following.count:,} of “{name}”, while the rate stays below its {rate}."
    return f"{ends}: “{name}” is reached at both {following.count:,} and {percent(following.rate_bps)}."


def _totals(by_reason: list[Outcome], span: str) -> list[tuple[str, str, str]]:
    """(what, number, the rows that prove it)."""
    closed, fought = sum(o.closed for o in by_reason), sum(o.fought for o in by_reason)
    won, unanswered = sum(o.won for o in by_reason), sum(o.unanswered for o in by_reason)
    return [
        ("Ended", f"{closed:,}", _proof(span, ended="any")),
        ("Win rate of those answered", _share(won, fought), _proof(span, ended="fought")),
        ("Won", f"{won:,}", _proof(span, ended="won")),
        ("Lost without an answer", _share(unanswered, closed), _proof(span, ended="unanswered")),
    ]


def _row(by: str, outcome: Outcome, span: str) -> dict[str, str]:
    name = {by: outcome.group}
    words = outcome.group
    if by == "reason":
        words = reason_words(words)
    elif by == "network":
        words = NETWORKS.get(words, words)
    return {
        "words": "Nobody" if by == "agent" and words == "none" else words,
        "closed": f"{outcome.closed:,}",
        "closed_url": _proof(span, ended="any", **name),
        "fought": f"{outcome.fought:,}",
        "fought_url": _proof(span, ended="fought", **name),
        "won": f"{outcome.won:,}",
        "won_url": _proof(span, ended="won", **name),
        "rate": _share(outcome.won, outcome.fought),
        "unanswered": _share(outcome.unanswered, outcome.closed),
    }


def _proof(span: str, **only: str) -> str:
    return f"{reverse('admin:disputes_dispute_changelist')}?{urlencode({'closed': span, **only})}"


def _share(part: int, whole: int) -> str:
    return percent(part * BPS // whole) if whole else NOTHING
