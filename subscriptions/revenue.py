"""Revenue over time as arithmetic: which part of an amount is earned by an instant. Free of Django.

A part is earned when its time begins: so a yearly line earns month by month what twelve monthly invoices would
have earned. Parts are in proportion to their time and add up to the amount by largest remainder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import accumulate

from foundation.money import Money
from subscriptions.periods import add_days, add_months


class Pace(StrEnum):
    """How finely the revenue of a line is spread over its time."""

    AT_ONCE = "at_once"
    MONTHLY = "monthly"
    DAILY = "daily"


MAX_PARTS = 4_000
"""Ten years by the day; what lies beyond is earned with the last part."""


@dataclass(frozen=True, slots=True)
class Part:
    """earned_minor: of the whole amount, this part and all before it, from its beginning on."""

    begins_at: datetime
    earned_minor: int


def parts_of(amount: Money, start: datetime, end: datetime, *, pace: Pace, zone: str) -> list[Part]:
    """In order; the last one has earned the amount. A line of no time is earned at its instant."""
    begins = _beginnings(start, end, pace, zone)
    weights = _weights(begins, end, pace, zone)
    shares = amount.allocate(weights) if sum(weights) else [amount]
    earned = accumulate(share.amount_minor for share in shares)
    return [Part(at, sum_minor) for at, sum_minor in zip(begins, earned, strict=True)]


def earned_by(parts: Sequence[Part], at: datetime) -> int:
    """Minor units earned by an instant."""
    return next((part.earned_minor for part in reversed(parts) if part.begins_at <= at), 0)


def next_part_at(parts: Sequence[Part], *, earned_minor: int, limit_minor: int) -> datetime | None:
    """When more than earned_minor is earned. limit_minor: what may be earned at most; None when nothing is left."""
    if earned_minor == limit_minor:
        return None
    beyond = (part.begins_at for part in parts if abs(part.earned_minor) > abs(earned_minor))
    return next(beyond, None)


def within(earned_minor: int, limit_minor: int) -> int:
    """What is earned, but never more than the limit; both may be negative together."""
    return min(earned_minor, limit_minor) if limit_minor >= 0 else max(earned_minor, limit_minor)


def _beginnings(start: datetime, end: datetime, pace: Pace, zone: str) -> list[datetime]:
    if pace == Pace.AT_ONCE or end <= start:
        return [start]
    found: list[datetime] = []
    while len(found) < MAX_PARTS and (begin := _step(start, len(found), pace, zone)) < end:
        found.append(begin)
    return found


def _weights(begins: Sequence[datetime], end: datetime, pace: Pace, zone: str) -> list[int]:
    """Whole parts weigh the same, whatever their month's length; a last piece weighs by its seconds."""
    if pace == Pace.AT_ONCE or len(begins) == 1:
        return [1] * len(begins)
    whole_end = _step(begins[0], len(begins), pace, zone)
    whole = int((whole_end - begins[-1]).total_seconds())
    last = int((min(end, whole_end) - begins[-1]).total_seconds())
    return [*[whole] * (len(begins) - 1), last]


def _step(start: datetime, count: int, pace: Pace, zone: str) -> datetime:
    return add_months(start, count, zone) if pace == Pace.MONTHLY else add_days(start, count, zone)
