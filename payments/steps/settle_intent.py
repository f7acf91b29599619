"""Bring an intent's status and figures in line with its attempts, under the intent's lock."""

from __future__ import annotations

from typing import Any

from foundation import clock
from foundation.transactions import joins_transaction
from payments.declines import decline_message
from payments.models import AttemptStatus, IntentStatus, PaymentAttempt, PaymentIntent
from payments.models.intent_status import IntentFacts, derive_intent_status

_ARROWS = {
    IntentStatus.REQUIRES_PAYMENT_METHOD: PaymentIntent.ask_for_payment_method,
    IntentStatus.REQUIRES_CONFIRMATION: PaymentIntent.ask_for_confirmation,
    IntentStatus.REQUIRES_ACTION: PaymentIntent.ask_for_action,
    IntentStatus.PROCESSING: PaymentIntent.wait_for_psp,
    IntentStatus.REQUIRES_CAPTURE: PaymentIntent.ask_for_capture,
    IntentStatus.SUCCEEDED: PaymentIntent.succeed,
    IntentStatus.CANCELED: PaymentIntent.cancel,
}
# What only a bank's return or the word of two people may do: leave an end.
_OUT_OF_AN_END = {
    (IntentStatus.SUCCEEDED, IntentStatus.REQUIRES_PAYMENT_METHOD): PaymentIntent.lose_payment,
    (IntentStatus.CANCELED, IntentStatus.SUCCEEDED): PaymentIntent.correct_to_succeeded,
    (IntentStatus.CANCELED, IntentStatus.REQUIRES_CAPTURE): PaymentIntent.correct_to_requires_capture,
}
_CAPTURABLE = (AttemptStatus.AUTHORIZED, AttemptStatus.PARTIALLY_CAPTURED)

SETTLED_FIELDS = [
    "status",
    "latest_attempt",
    "payment_method",
    "amount_capturable_minor",
    "amount_received_minor",
    "last_payment_error",
    "next_action",
    "canceled_at",
    "cancellation_reason",
    "search_text",
    "version",
]


@joins_transaction
def settle_intent(intent: PaymentIntent, attempt: PaymentAttempt) -> None:
    """Derive the status from the newest attempt (older ones have ended without success) and save.

    `attempt` is the intent's newest. Writes the intent."""
    status = derive_intent_status(
        IntentFacts(
            is_canceled=intent.canceled_at is not None,
            has_payment_method=intent.payment_method_id is not None,
            statuses=(attempt.status,),
        )
    )
    capturable = attempt.amount_minor - attempt.amount_captured_minor if attempt.status in _CAPTURABLE else 0
    intent.amount_capturable_minor = max(capturable, 0)
    intent.amount_received_minor = attempt.amount_captured_minor
    intent.latest_attempt = attempt
    intent.next_action = attempt.next_action if status == IntentStatus.REQUIRES_ACTION else None
    intent.last_payment_error = payment_error(attempt)
    if attempt.status in (AttemptStatus.DECLINED, AttemptStatus.RETURNED):
        # As with Stripe: a declined method is taken off, and stays readable in last_payment_error.
        intent.payment_method = None
    if status == IntentStatus.CANCELED and intent.canceled_at is None:
        intent.canceled_at = clock.now()
        intent.cancellation_reason = intent.cancellation_reason or "automatic"
    if intent.status != status:
        arrow = _OUT_OF_AN_END.get((IntentStatus(intent.status), status)) or _ARROWS[status]
        arrow(intent)
    intent.version += 1
    intent.save(update_fields=SETTLED_FIELDS)


def payment_error(attempt: PaymentAttempt) -> dict[str, Any] | None:
    """last_payment_error for a declined, returned or never-sent attempt, else None."""
    if attempt.status in (AttemptStatus.DECLINED, AttemptStatus.RETURNED):
        return {
            "charge": attempt.public_id,
            "code": attempt.error_code or "card_declined",
            **({"decline_code": attempt.decline_code} if attempt.decline_code else {}),
            **({"network_advice_code": attempt.network_advice_code} if attempt.network_advice_code else {}),
            "message": decline_message(attempt.error_code, attempt.decline_code),
            "type": "card_error",
        }
    if attempt.status == AttemptStatus.NOT_SENT:
        return {
            "code": "psp_unavailable",
            "message": "The PSP could not be reached. Nothing was charged; confirm again.",
            "type": "api_error",
        }
    return None
