"""What of a line's revenue is earned over time, as its invoice's page shows it: each part leads to its entry."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from foundation.backoffice.display import instant
from subscriptions.admin.words import signed
from subscriptions.models import RevenueSchedule

PACES = {"monthly": "by the month", "daily": "by the day"}
MOST_PARTS = 60
"""Five years of months; of a line by the day, the last two."""


def revenue_block(schedule: RevenueSchedule | None, *, has_books: bool) -> dict[str, Any] | None:
    """None where the line was earned at once. has_books: whether parts lead to their ledger entries."""
    if schedule is None:
        return None
    recognitions = list(schedule.recognitions.all())  # type: ignore[attr-defined]
    facts = [
        ("Earned so far", signed(schedule.recognised)),
        ("Still deferred", signed(schedule.deferred)),
    ]
    if schedule.taken_back_minor:
        facts.append(("Taken back", signed(schedule.amount - schedule.recognised - schedule.deferred)))
    if schedule.next_at is not None:
        facts.append(("Next part", instant(schedule.next_at)))
    return {
        "words": f"{signed(schedule.amount)} is earned {PACES.get(schedule.pace, schedule.pace)}.",
        "facts": facts,
        "parts": [
            {
                "amount": signed(part.amount),
                "at": instant(part.earned_at),
                "url": (
                    reverse("admin:ledger_journalentry_change", args=[part.ledger_entry_id])
                    if has_books
                    else ""
                ),
            }
            for part in recognitions[-MOST_PARTS:]
        ],
    }
