"""What of a call may be kept: an allow-list, so that a new field of Adyen's is dropped, not leaked."""

from __future__ import annotations

from typing import Any

_REQUEST_FIELDS = (
    "amount",
    "reference",
    "merchantAccount",
    "metadata",
    "paymentReference",
    "recurringProcessingModel",
    "shopperInteraction",
    "storePaymentMethod",
)
_ANSWER_FIELDS = (
    "amount",
    "errorCode",
    "errorType",
    "merchantReference",
    "message",
    "paymentPspReference",
    "paymentReference",
    "pspReference",
    "refusalReason",
    "refusalReasonCode",
    "reference",
    "resultCode",
    "status",
)
_SEEN_FIELDS = (
    "authCode",
    "avsResult",
    "cvcResult",
    "merchantAdviceCode",
    "refusalReasonRaw",
    "sepadirectdebit.mandateId",
    "threeDAuthenticated",
)


def scrubbed_request(params: dict[str, Any]) -> dict[str, Any]:
    return {name: params[name] for name in _REQUEST_FIELDS if name in params}


def scrubbed_answer(answer: dict[str, Any] | None) -> dict[str, Any] | None:
    """References, states, amounts and reasons; never a token, a card, a name, or the way to a challenge."""
    if answer is None:
        return None
    kept = {name: answer[name] for name in _ANSWER_FIELDS if answer.get(name) is not None}
    seen = answer.get("additionalData")
    if isinstance(seen, dict):
        kept |= {name: seen[name] for name in _SEEN_FIELDS if seen.get(name)}
    return kept
