"""What of a call may be kept: an allow-list, so that a new field of Stripe's is dropped, not leaked."""

from __future__ import annotations

from typing import Any

_REQUEST_FIELDS = (
    "amount",
    "amount_to_capture",
    "final_capture",
    "currency",
    "capture_method",
    "confirm",
    "off_session",
    "payment_intent",
    "reason",
    "usage",
    "metadata",
    "submit",
    "purpose",
)
_ANSWER_FIELDS = (
    "id",
    "object",
    "status",
    "amount",
    "amount_capturable",
    "amount_received",
    "amount_captured",
    "currency",
    "created",
    "cancellation_reason",
    "failure_reason",
    "failure_code",
    "payment_intent",
    "type",
    "charge",
    "reason",
    "network_reason_code",
    "size",
)
_ERROR_FIELDS = (
    "type",
    "code",
    "decline_code",
    "param",
    "advice_code",
    "network_advice_code",
    "network_decline_code",
)


def scrubbed_request(params: dict[str, Any]) -> dict[str, Any]:
    return {name: params[name] for name in _REQUEST_FIELDS if name in params}


def scrubbed_answer(answer: dict[str, Any] | None) -> dict[str, Any] | None:
    """Ids, states, amounts and error codes; never a token, a card, a name, an address or a client secret."""
    if answer is None:
        return None
    error = answer.get("error")
    if isinstance(error, dict):
        kept = {name: error[name] for name in _ERROR_FIELDS if error.get(name)}
        intent = error.get("payment_intent")
        if isinstance(intent, dict):
            kept["payment_intent"] = scrubbed_answer(intent)
        return {"error": kept}
    kept = {name: answer[name] for name in _ANSWER_FIELDS if answer.get(name) is not None}
    if answer.get("object") == "payment_method":
        # Its id is the token itself: with the secret key it charges the card.
        kept.pop("id", None)
    charge = answer.get("latest_charge")
    if isinstance(charge, dict):
        kept["latest_charge"] = scrubbed_answer(charge)
        booked = charge.get("balance_transaction")
        if isinstance(booked, dict):
            kept["fee"] = booked.get("fee")
    if isinstance(answer.get("last_payment_error"), dict):
        kept["last_payment_error"] = {
            name: answer["last_payment_error"][name]
            for name in _ERROR_FIELDS
            if answer["last_payment_error"].get(name)
        }
    return kept
