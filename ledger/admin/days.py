"""Days as people write them, in their own zone, and the instants of the books that they stand for."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_date
from unfold.widgets import UnfoldAdminTextInputWidget

from foundation import clock


class DayField(forms.DateField):
    """A day from the browser's own calendar; not in the future."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}), initial=today, **kwargs)

    def clean(self, value: Any) -> date:
        day: date = super().clean(value)
        if day > today():
            raise forms.ValidationError("This day has not come yet.")
        return day


def today() -> date:
    return timezone.localtime(clock.now()).date()


def start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(day: date) -> datetime:
    """The first instant that is not of that day any more."""
    return start_of(day + timedelta(days=1))


def within(day: date) -> datetime:
    """An instant of that day to date something with: now for today, else its last second."""
    return clock.now() if day == today() else end_of(day) - timedelta(seconds=1)


def day_of(text: str | None, default: date) -> date:
    """A day from a query string; the default for anything that is none."""
    try:
        return parse_date(text or "") or default
    except ValueError:
        return default
