"""The clock: the one place that asks what time it is, so that a test can stop it. Free of Django."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


def from_timestamp(seconds: int) -> datetime:
    """An instant from Unix seconds, in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def to_timestamp(instant: datetime) -> int:
    """Whole Unix seconds of an instant, as the API shows it."""
    return int(instant.timestamp())
