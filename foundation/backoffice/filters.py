"""List filters that ask the database nothing to draw themselves.

Django's own filter on a plain text field runs SELECT DISTINCT over the table; these know their choices.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from foundation import clock


class SelectFilter(SimpleListFilter):
    """A filter that is a select of the list's filter form; its choices are known beforehand."""

    template = "admin/back_office/select_filter.html"


class FixedFilter(SelectFilter):
    """A filter on one column with choices known beforehand. Subclasses set field, title and choices_shown."""

    field: ClassVar[str]
    choices_shown: ClassVar[list[tuple[str, str]]]

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return self.choices_shown

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in dict(self.choices_shown):
            return queryset.filter(**{self.field: self.value()})
        return queryset


def fixed_filter(field: str, choices: list[tuple[str, str]], *, title: str = "") -> type[FixedFilter]:
    """A FixedFilter class for list_filter: `fixed_filter("status", Refund.Status.choices)`."""
    name = field.replace("__", " ").replace("_", " ")
    return type(
        f"{field.title().replace('_', '')}Filter",
        (FixedFilter,),
        {"field": field, "parameter_name": field, "title": title or name, "choices_shown": list(choices)},
    )


class CreatedFilter(SelectFilter):
    """Date presets in the person's own zone."""

    title = "date"
    parameter_name = "created"
    field = "created_at"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [
            ("today", "Today"),
            ("24h", "Last 24 hours"),
            ("yesterday", "Yesterday"),
            ("7d", "Last 7 days"),
            ("30d", "Last 30 days"),
            ("month", "This month"),
            ("last_month", "Last month"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        bounds = self._bounds(timezone.localtime(clock.now()))
        if bounds is None:
            return queryset
        start, end = bounds
        return queryset.filter(**{f"{self.field}__gte": start, f"{self.field}__lt": end})

    def _bounds(self, now: datetime) -> tuple[datetime, datetime] | None:
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        tomorrow = today + timedelta(days=1)
        this_month = today.replace(day=1)
        presets: dict[Any, tuple[datetime, datetime]] = {
            "today": (today, tomorrow),
            "24h": (now - timedelta(days=1), now),
            "yesterday": (today - timedelta(days=1), today),
            "7d": (today - timedelta(days=6), tomorrow),
            "30d": (today - timedelta(days=29), tomorrow),
            "month": (this_month, tomorrow),
            "last_month": ((this_month - timedelta(days=1)).replace(day=1), this_month),
        }
        return presets.get(self.value())
