"""What an outage did to the payments, from what was noted of each. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from payments_site.drill.load import Payment

DIP_SECONDS_ALLOWED = 10


@dataclass(frozen=True, slots=True)
class Course:
    """Seconds since the load began: of the outage, of the failing account's breaker, and of the PSP's first answer
    afterwards that closed it. None: that never came."""

    down_at: float
    healed_at: float
    opened_at: float | None
    closed_at: float | None


def by_second(payments: Sequence[Payment], accounts: Mapping[str, str]) -> list[dict[str, Any]]:
    """Of the payments begun in each second. accounts: by intent, the account that was asked last."""
    seconds: dict[int, dict[str, Any]] = {}
    for payment in payments:
        row = seconds.setdefault(int(payment.began), {"begun": 0, "authorized": 0, "in_doubt": 0, "to": {}})
        row["begun"] += 1
        row["authorized"] += payment.is_authorized
        row["in_doubt"] += payment.is_in_doubt
        name = accounts.get(payment.intent, "nobody")
        row["to"][name] = row["to"].get(name, 0) + 1
    return [
        {"second": second, **row, "rate_percent": round(100 * row["authorized"] / row["begun"], 1)}
        for second, row in sorted(seconds.items())
    ]


def figures_of(
    payments: Sequence[Payment], accounts: Mapping[str, str], course: Course, *, failing: str
) -> dict[str, Any]:
    """failing: the name of the account whose PSP went down.

    What was not answered before the PSP went down belongs to the outage. A probe is a payment that was sent to see
    whether the PSP is back, and met silence: begun after the breaker had opened, not authorized, at the failing
    account. It belongs to no dip, and is counted by itself."""
    before = [one for one in payments if one.answered < course.down_at]
    since = [one for one in payments if one.answered >= course.down_at]
    opened_at = course.opened_at if course.opened_at is not None else float("inf")
    missed = [one for one in since if not one.is_authorized]
    probes = [one for one in missed if one.began >= opened_at and accounts.get(one.intent) == failing]
    dip = [one for one in missed if one not in probes]
    dip_ends = max((one.began for one in dip), default=course.down_at)
    after_dip = [one for one in since if dip_ends < one.began < course.healed_at and one not in probes]
    there = [one for one in after_dip if one.is_authorized and accounts.get(one.intent) != failing]
    return {
        "rate_before_percent": _percent(sum(one.is_authorized for one in before), len(before)),
        "rate_in_outage_percent": _percent(
            sum(one.is_authorized for one in since if one.began < course.healed_at),
            sum(one.began < course.healed_at for one in since),
        ),
        "dip_seconds": round(max(0.0, dip_ends - course.down_at), 1),
        "payments_missed_in_dip": len(dip),
        "of_these_in_doubt": sum(one.is_in_doubt for one in dip),
        "last_of_these_answered_after_seconds": round(
            max((one.answered for one in dip), default=course.down_at) - course.down_at, 1
        ),
        "breaker_opened_after_seconds": _since(course.opened_at, course.down_at),
        "to_the_other_after_dip_percent": _percent(len(there), len(after_dip)),
        "slowest_after_opening_seconds": round(
            max(
                (one.answered - one.began for one in since if one.is_authorized and one.began >= opened_at),
                default=0.0,
            ),
            2,
        ),
        "probes_in_vain": len(probes),
        "back_after_seconds": _since(course.closed_at, course.healed_at),
    }


def is_good(figures: Mapping[str, Any]) -> bool:
    """Whether the outage cost seconds, everything after went to the other, and the first came back."""
    return (
        figures["dip_seconds"] < DIP_SECONDS_ALLOWED
        and figures["to_the_other_after_dip_percent"] == 100
        and figures["breaker_opened_after_seconds"] is not None
        and figures["back_after_seconds"] is not None
    )


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _since(at: float | None, start: float) -> float | None:
    return None if at is None else round(at - start, 1)
