"""Adyen's refusal reasons in our words: decline code, and whether a later try may pass.

Source: docs.adyen.com/development-resources/refusal-reasons, read 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass

NEVER_RETRY_ADVICE = frozenset({"03", "21"})
FRAUD_CODES = frozenset({"14", "20", "22", "31"})
"""Refused by a risk engine, ours at Adyen or the acquirer's."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """code and decline_code: Stripe's vocabulary, which is ours."""

    code: str
    decline_code: str = ""
    retryable: bool = False


def _declined(decline_code: str, *, retryable: bool = False) -> Refusal:
    return Refusal("card_declined", decline_code, retryable)


UNKNOWN_REASON = _declined("generic_decline")
REFUSALS: dict[str, Refusal] = {
    "2": _declined("generic_decline", retryable=True),
    "3": _declined("call_issuer", retryable=True),
    "4": Refusal("processing_error", retryable=True),
    "5": _declined("pickup_card"),
    "6": Refusal("expired_card"),
    "7": _declined("invalid_amount"),
    "8": Refusal("incorrect_number"),
    "9": _declined("issuer_not_available", retryable=True),
    "10": _declined("card_not_supported"),
    "11": Refusal("authentication_required", "authentication_required"),
    "12": _declined("insufficient_funds", retryable=True),
    "14": _declined("fraudulent"),
    "15": _declined("generic_decline"),
    "16": _declined("generic_decline"),
    "17": _declined("incorrect_pin"),
    "18": _declined("pin_try_exceeded"),
    "19": _declined("generic_decline"),
    "20": _declined("fraudulent"),
    "21": Refusal("processing_error"),
    "22": _declined("fraudulent"),
    "23": _declined("transaction_not_allowed"),
    "24": Refusal("incorrect_cvc"),
    "25": _declined("restricted_card"),
    "26": _declined("revocation_of_authorization"),
    "27": _declined("do_not_honor", retryable=True),
    "28": _declined("card_velocity_exceeded"),
    "29": _declined("withdrawal_count_limit_exceeded", retryable=True),
    "31": _declined("fraudulent"),
    "32": Refusal("incorrect_zip"),
    "38": Refusal("authentication_required", "authentication_required"),
    "39": Refusal("authentication_required", "authentication_required"),
    "42": Refusal("processing_error", retryable=True),
    "46": _declined("card_velocity_exceeded"),
}
# Notifications give the reason in words only.
CODES_BY_REASON = {
    "3D Not Authenticated": "11",
    "AVS Declined": "32",
    "Acquirer Error": "4",
    "Acquirer Fraud": "14",
    "Authentication required": "38",
    "Blocked Card": "5",
    "CVC Declined": "24",
    "Cancelled": "15",
    "Declined Non Generic": "27",
    "Expired Card": "6",
    "FRAUD": "20",
    "FRAUD-CANCELLED": "22",
    "Invalid Amount": "7",
    "Invalid Card Number": "8",
    "Issuer Suspected Fraud": "31",
    "Issuer Unavailable": "9",
    "Not enough balance": "12",
    "Not supported": "10",
    "Pin tries exceeded": "18",
    "Referral": "3",
    "Refused": "2",
    "Restricted Card": "25",
    "Revocation Of Auth": "26",
    "Shopper Cancelled": "16",
    "Transaction Not Permitted": "23",
    "Withdrawal amount exceeded": "28",
    "Withdrawal count exceeded": "29",
}
