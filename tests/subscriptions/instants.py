"""Short ways to write instants and periods in the tests of billing cases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from subscriptions.periods import Cycle, Interval

MONTHLY, YEARLY = Interval.MONTH, Interval.YEAR


def utc(text: str) -> datetime:
    """`2024-02-29` or `2024-02-29T05:00:00`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at_zone(text: str, zone: str) -> datetime:
    """A wall-clock time of a zone, as an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def monthly(anchor: str, count: int = 1, zone: str = "UTC", day: int | None = None) -> Cycle:
    return Cycle(utc(anchor), Interval.MONTH, count, zone, day)


def yearly(anchor: str, count: int = 1, zone: str = "UTC") -> Cycle:
    return Cycle(utc(anchor), Interval.YEAR, count, zone)


def dates(instants: list[datetime]) -> list[date]:
    return [instant.date() for instant in instants]


def day(text: str) -> date:
    return date.fromisoformat(text)
