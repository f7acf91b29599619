"""The renewals of the next 48 hours, hour by hour, as a drawing that the server makes; every bar leads to its list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncHour
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.http import urlencode

from foundation import clock
from foundation.backoffice.filters import SelectFilter

HOURS = 48
HOUR = timedelta(hours=1)
BAR, GAP, HEIGHT, FOOT = 16, 4, 180, 24
LABEL_EVERY = 6


class DueFilter(SelectFilter):
    """By when the next invoice is due; also one hour, which the drawing's bars name."""

    title = "due"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        choices = [("overdue", "Overdue now"), ("24h", "Next 24 hours"), ("48h", "Next 48 hours")]
        hour = _hour_of(request.GET.get("due", ""))
        return [*choices, (request.GET["due"], _words(hour))] if hour else choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now, value = clock.now(), self.value() or ""
        due = queryset.filter(next_billing_at__isnull=False, halted_at__isnull=True)
        hour = _hour_of(value)
        if hour is not None:
            return due.filter(next_billing_at__gte=hour, next_billing_at__lt=hour + HOUR)
        if value == "overdue":
            return due.filter(next_billing_at__lt=now, test_clock__isnull=True)
        if value in ("24h", "48h"):
            return due.filter(next_billing_at__gte=now, next_billing_at__lt=now + int(value[:2]) * HOUR)
        return queryset


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the drawing, in its units; words: what a reader hears."""

    x: int
    y: int
    height: int
    count: int
    hour: str
    words: str
    url: str
    label: str


def load_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    if not model_admin.has_view_permission(request):
        return HttpResponse(status=403)
    rows = (
        model_admin.get_queryset(request).order_by().filter(halted_at__isnull=True, test_clock__isnull=True)
    )
    listed = reverse("admin:subscriptions_subscription_changelist")
    overdue = rows.filter(next_billing_at__lt=clock.now()).count()
    bars = _bars(_counts(rows), listed)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Renewals of the next 48 hours",
        "opts": model_admin.opts,
        "bars": bars,
        "busy": [bar for bar in bars if bar.count],
        "total": sum(bar.count for bar in bars),
        "total_url": f"{listed}?due=48h",
        "overdue": overdue,
        "overdue_url": f"{listed}?due=overdue",
        "width": HOURS * (BAR + GAP),
        "height": HEIGHT + FOOT,
        "bar_width": BAR,
        "foot": HEIGHT,
        "foot_label": HEIGHT + FOOT - 6,
    }
    return TemplateResponse(request, "admin/subscriptions/subscription/load.html", context)


def _counts(rows: QuerySet[Any]) -> dict[datetime, int]:
    start = _this_hour()
    due = rows.filter(next_billing_at__gte=clock.now(), next_billing_at__lt=start + HOURS * HOUR)
    by_hour = due.annotate(hour=TruncHour("next_billing_at")).values("hour").annotate(count=Count("id"))
    return {one["hour"]: one["count"] for one in by_hour}


def _bars(counts: dict[datetime, int], listed: str) -> list[Bar]:
    most, start = max(counts.values(), default=1), _this_hour()
    bars = []
    for number in range(HOURS):
        hour = timezone.localtime(start + number * HOUR)
        count = counts.get(hour, 0)
        # The least of a bar is seen, however many another hour has.
        height = max(count * (HEIGHT - 10) // most, 3) if count else 0
        bars.append(
            Bar(
                x=number * (BAR + GAP),
                y=HEIGHT - height,
                height=height,
                count=count,
                hour=_words(hour),
                words=f"{_words(hour)}: {count:,} renewal{'' if count == 1 else 's'}",
                url=f"{listed}?{urlencode({'due': hour.isoformat()})}",
                label=date_format(hour, "D H:i") if number % LABEL_EVERY == 0 else "",
            )
        )
    return bars


def _this_hour() -> datetime:
    return timezone.localtime(clock.now()).replace(minute=0, second=0, microsecond=0)


def _hour_of(text: str) -> datetime | None:
    try:
        moment: datetime | None = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _words(hour: datetime) -> str:
    return date_format(timezone.localtime(hour), "D j M, H:i")
