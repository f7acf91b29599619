"""When a delivery is tried again: ten tries over three days, each wait with 20 % jitter either way."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

MINUTE = 60
HOUR = 60 * MINUTE

WAITS_SECONDS = (
    0,
    5,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
"""Before each try, counted from the one before. Source: Standard Webhooks, "Deliverability", read 2026-11."""

JITTER = 0.2
LONGEST_RETRY_AFTER_SECONDS = 24 * HOUR


def next_try_at(*, tries: int, now: datetime, retry_after_seconds: float | None = None) -> datetime | None:
    """The instant of the next try after `tries` failed ones; None when that was the last.

    retry_after_seconds: the receiver's wish; only ever makes the wait longer, by a day at most.
    """
    if tries >= len(WAITS_SECONDS):
        return None
    wait = WAITS_SECONDS[tries] * random.uniform(1 - JITTER, 1 + JITTER)
    wished = min(retry_after_seconds or 0, LONGEST_RETRY_AFTER_SECONDS)
    return now + timedelta(seconds=max(wait, wished))


def retry_after_seconds(header: str | None, *, now: datetime) -> float | None:
    """The seconds a Retry-After header asks for, as a number or an HTTP date; None when it says nothing."""
    if not header:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:10])
    try:
        date = parsedate_to_datetime(text)
        return max(0.0, (date - now).total_seconds())
    except (ValueError, TypeError):
        # Unreadable, or a date without a zone: no wish at all.
        return None
