"""Figures for every scrape: movements whose outcome nobody knows, how old the oldest is, webhooks nobody handled.

All read through the partial indexes of due checks and unhandled webhooks; a backlog is counted to a limit.
"""

from __future__ import annotations

from typing import Any

from foundation import clock
from payments.models import (
    AuthorizationIncrement,
    Capture,
    Case,
    CaseKind,
    PaymentAttempt,
    PspWebhook,
    Refund,
)

COUNT_LIMIT = 10_000
UNKNOWN = "unknown"
UNKNOWN_MOVEMENTS: dict[str, Any] = {
    "attempt": PaymentAttempt,
    "capture": Capture,
    "increment": AuthorizationIncrement,
    "refund": Refund,
}


def read_unknown_counts() -> dict[str, int]:
    """Movements in state unknown, by kind, counted to 10,000."""
    return {
        kind: model.across_merchants.filter(status=UNKNOWN, next_check_at__isnull=False)[:COUNT_LIMIT].count()
        for kind, model in UNKNOWN_MOVEMENTS.items()
    }


def read_oldest_unknown_age_seconds() -> float:
    """Seconds since the oldest unknown call left; zero when nothing is unknown."""
    instants = [
        model.across_merchants.filter(status=UNKNOWN, next_check_at__isnull=False)
        .order_by("submitted_at")
        .values_list("submitted_at", flat=True)
        .first()
        for model in UNKNOWN_MOVEMENTS.values()
    ]
    ages = [(clock.now() - instant).total_seconds() for instant in instants if instant is not None]
    return max(ages, default=0)


def read_unhandled_webhooks() -> int:
    """Stored webhooks of PSPs that were not handled yet, counted to 10,000."""
    return PspWebhook.across_merchants.filter(handled_at__isnull=True)[:COUNT_LIMIT].count()


def read_open_cases() -> dict[str, int]:
    """Questions that wait for a person, by kind, among the oldest 10,000."""
    open_cases = Case.across_merchants.filter(resolved_at__isnull=True).order_by("created_at")
    kinds = list(open_cases.values_list("kind", flat=True)[:COUNT_LIMIT])
    return {kind: kinds.count(kind) for kind in CaseKind.values}


def read_oldest_open_case_age_seconds() -> float:
    """Seconds since the oldest open question came up; zero when there is none."""
    opened_at = (
        Case.across_merchants.filter(resolved_at__isnull=True)
        .order_by("created_at")
        .values_list("created_at", flat=True)
        .first()
    )
    return 0 if opened_at is None else (clock.now() - opened_at).total_seconds()
