"""Whether a card may be tried once more: the networks' own rules, and for how long to wait. Pure.

A network fines whoever tries too often or against its advice, whatever the PSP: these rules hold for a retry here, a
failover to another PSP and a dunning schedule alike. What does not live here: whether another try makes sense.

Source: Visa Rules, "Declined transaction resubmission", and Mastercard Transaction Processing Rules, "Transaction
Processing Excellence", read 2026-11. Visa counts the tries after the first decline; we count every try, which is
one stricter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

DAY = timedelta(days=1)
MONTH = timedelta(days=30)


class DeclineCategory(StrEnum):
    """Visa's three: the issuer never approves; not now; not with these particulars. OTHER: none of them."""

    NEVER = "1"
    NOT_NOW = "2"
    CORRECT_FIRST = "3"
    OTHER = ""


@dataclass(frozen=True, slots=True)
class Permit:
    """reason: one stable word. not_before: when the same question would be answered yes; None for now or never."""

    allowed: bool
    reason: str
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `tries` of one card within `window`."""

    tries: int
    window: timedelta
    reason: str


VISA_CAPS = (Cap(15, MONTH, "visa_15_in_30_days"),)
MASTERCARD_CAPS = (
    Cap(10, DAY, "mastercard_10_in_24_hours"),
    Cap(35, MONTH, "mastercard_35_in_30_days"),
)
# Networks that publish no number are treated as the strictest that does.
OTHER_CAPS = (Cap(10, DAY, "network_10_in_24_hours"), Cap(15, MONTH, "network_15_in_30_days"))
_CAPS: Mapping[str, tuple[Cap, ...]] = {"visa": VISA_CAPS, "mastercard": MASTERCARD_CAPS}
_SAME_NETWORK = {"mc": "mastercard", "maestro": "mastercard", "electron": "visa", "visa_electron": "visa"}

NEVER_ADVICE = frozenset({"03", "21"})
"""Merchant advice codes: do not try again; the customer canceled the agreement."""
WAIT_ADVICE: Mapping[str, timedelta] = {
    "24": timedelta(hours=1),
    "25": timedelta(hours=24),
    "26": timedelta(days=2),
    "27": timedelta(days=4),
    "28": timedelta(days=6),
    "29": timedelta(days=8),
    "30": timedelta(days=10),
}

# Stripe's decline codes by what Visa makes of the issuer's answer behind them.
_CATEGORIES: Mapping[str, DeclineCategory] = {
    **dict.fromkeys(
        (
            "highest_risk_level",
            "incorrect_number",
            "invalid_account",
            "invalid_number",
            "lost_card",
            "merchant_blacklist",
            "pickup_card",
            "revocation_of_all_authorizations",
            "revocation_of_authorization",
            "security_violation",
            "stolen_card",
            "stop_payment_order",
            "transaction_not_allowed",
        ),
        DeclineCategory.NEVER,
    ),
    **dict.fromkeys(
        (
            "approve_with_id",
            "call_issuer",
            "card_velocity_exceeded",
            "do_not_honor",
            "fraudulent",
            "generic_decline",
            "insufficient_funds",
            "issuer_not_available",
            "processing_error",
            "reenter_transaction",
            "restricted_card",
            "try_again_later",
            "withdrawal_count_limit_exceeded",
        ),
        DeclineCategory.NOT_NOW,
    ),
    **dict.fromkeys(
        (
            "authentication_required",
            "expired_card",
            "incorrect_cvc",
            "incorrect_zip",
            "invalid_cvc",
            "invalid_expiry_month",
            "invalid_expiry_year",
            "new_account_information_available",
            "pin_required",
        ),
        DeclineCategory.CORRECT_FIRST,
    ),
}


def decline_category(code: str, decline_code: str) -> DeclineCategory:
    """The category of a decline, by its decline code, else its code (both Stripe's words)."""
    return _CATEGORIES.get(decline_code) or _CATEGORIES.get(code) or DeclineCategory.OTHER


def may_try_again(
    network: str, advice_code: str, category: DeclineCategory, tries: Sequence[datetime], now: datetime
) -> Permit:
    """Whether one more try of a card may leave now.

    network: of the card, lower case; unknown ones are capped too. advice_code and category: of the newest decline,
    empty and OTHER when there was none. tries: when the card was tried and declined in the last 30 days, in any
    order, whatever the PSP."""
    if advice_code in NEVER_ADVICE:
        return Permit(False, f"advice_{advice_code}")
    if category is DeclineCategory.NEVER:
        return Permit(False, "issuer_never_approves")
    wait = WAIT_ADVICE.get(advice_code)
    if wait is not None and tries and now < max(tries) + wait:
        return Permit(False, f"advice_{advice_code}", max(tries) + wait)
    for cap in _CAPS.get(_SAME_NETWORK.get(network, network), OTHER_CAPS):
        recent = sorted(at for at in tries if now - at < cap.window)
        if len(recent) >= cap.tries:
            # Room for one comes when enough of the oldest have left the window.
            return Permit(False, cap.reason, recent[len(recent) - cap.tries] + cap.window)
    return Permit(True, "within_caps")
