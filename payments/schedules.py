"""When to look again at what is in doubt. Pure; seconds.

10 s, 30 s, 2 min, 10 min, 1 h after the call, then hourly to the PSP's maximum report delay, then daily.
"""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_LOOKS_SECONDS = (10, 30, 120, 600, 3_600)
HOUR_SECONDS = 3_600
DAY_SECONDS = 86_400
TURNED_AWAY_SECONDS = 30
"""How soon a look is made up for that our own guard turned away: as long as a circuit pauses at first."""
CALL_SECONDS = 16
"""The longest a call can last: the total deadline of every connector, and one second."""
PENDING_LIMIT_DAYS = 30
"""How long a bank may take to answer before a person looks; the slowest debits take 14 working days."""
SUBMISSION_LEASE_SECONDS = 60
"""How long a call may be under way before somebody else asks what became of it; well above the total deadline."""


def next_look_at(*, submitted_at: datetime, now: datetime, maximum_report_delay_seconds: int) -> datetime:
    """The first instant of the schedule after now."""
    elapsed = (now - submitted_at).total_seconds()
    for after in FIRST_LOOKS_SECONDS:
        if elapsed < after:
            return submitted_at + timedelta(seconds=after)
    if elapsed < maximum_report_delay_seconds:
        wait = min(HOUR_SECONDS, maximum_report_delay_seconds - elapsed)
        return now + timedelta(seconds=max(wait, 1))
    return now + timedelta(seconds=DAY_SECONDS)


def next_unknown_look_at(
    *, submitted_at: datetime, now: datetime, maximum_report_delay_seconds: int
) -> datetime:
    """As next_look_at, and in any case once right after the maximum report delay, when absence becomes proof."""
    proof_at = submitted_at + timedelta(seconds=max(maximum_report_delay_seconds, CALL_SECONDS) + 1)
    look_at = next_look_at(
        submitted_at=submitted_at, now=now, maximum_report_delay_seconds=maximum_report_delay_seconds
    )
    return min(look_at, proof_at) if now < proof_at else look_at


def absence_is_proof(*, submitted_at: datetime, now: datetime, maximum_report_delay_seconds: int) -> bool:
    """Whether "not found" now proves that the call did not happen; never while it may still be under way."""
    return (now - submitted_at).total_seconds() > max(maximum_report_delay_seconds, CALL_SECONDS)


def gives_up_at(*, submitted_at: datetime, hours: int) -> datetime:
    """When a customer who was sent away to authenticate is taken to have gone."""
    return submitted_at + timedelta(hours=hours)
