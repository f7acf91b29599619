"""Dunning as arithmetic: what a failure means, and when the next try is. Free of Django.

Hard declines by code and by network advice; everything else that a bank says is soft. A PSP that was not reached is no
decline and uses nothing up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

HARD_DECLINE_CODES = frozenset(
    {
        "authentication_required",
        "highest_risk_level",
        "incorrect_number",
        "lost_card",
        "pickup_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "stolen_card",
        "transaction_not_allowed",
    }
)
"""Codes after which the same card is not charged again. Source: billing_cases.md, decisions; read 2026-11."""

HARD_ADVICE_CODES = frozenset({"03", "21"})
"""Network advice: do not try again; the cardholder stopped this merchant. Source: Mastercard MAC, as above."""

NO_METHOD = "payment_method_missing"
NOT_REACHED = "psp_unavailable"

GATEWAY_BASE_SECONDS = 300
MAX_GATEWAY_ERRORS = 8


class FailureKind(StrEnum):
    """The words are those of TryOutcome."""

    SOFT = "soft_decline"
    HARD = "hard_decline"
    GATEWAY = "gateway_error"


def kind_of_failure(code: str, network_advice_code: str = "") -> FailureKind:
    """code: of the decline, or ours. Without a method there is nothing to charge: as hard as a lost card."""
    if code == NOT_REACHED:
        return FailureKind.GATEWAY
    if code in HARD_DECLINE_CODES or code == NO_METHOD or network_advice_code in HARD_ADVICE_CODES:
        return FailureKind.HARD
    return FailureKind.SOFT


def gateway_delay(errors: int) -> timedelta | None:
    """How long to wait after so many gateway errors in a row: 300 s × 2ⁿ; None once there were too many."""
    if errors > MAX_GATEWAY_ERRORS:
        return None
    return timedelta(seconds=GATEWAY_BASE_SECONDS * 2 ** (errors - 1))


def next_try_at(began_at: datetime, offsets_days: Sequence[int], tries_used: int) -> datetime | None:
    """The instant of the next scheduled try; None when they are used up. Never chained from a late one."""
    if tries_used >= len(offsets_days):
        return None
    return began_at + timedelta(days=offsets_days[tries_used])
