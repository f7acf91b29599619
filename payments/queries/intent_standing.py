"""How an intent stands, for a floor above that asked for the money: paid, still possible, or certainly not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from foundation.money import Money
from payments.models import AttemptStatus, IntentStatus, PaymentIntent
from payments.queries.payment_intents import find_payment_intent


class Standing(StrEnum):
    """waiting: nothing is under way, another try is up to someone. undecided: it may still charge."""

    WAITING = "waiting"
    NEEDS_CUSTOMER = "needs_customer"
    UNDECIDED = "undecided"
    PAID = "paid"
    CANCELED = "canceled"


_BY_STATUS = {
    IntentStatus.REQUIRES_PAYMENT_METHOD: Standing.WAITING,
    IntentStatus.REQUIRES_CONFIRMATION: Standing.WAITING,
    IntentStatus.REQUIRES_ACTION: Standing.NEEDS_CUSTOMER,
    IntentStatus.PROCESSING: Standing.UNDECIDED,
    IntentStatus.REQUIRES_CAPTURE: Standing.UNDECIDED,
    IntentStatus.SUCCEEDED: Standing.PAID,
    IntentStatus.CANCELED: Standing.CANCELED,
}


@dataclass(frozen=True, slots=True)
class IntentStanding:
    """failed_attempt_id: the latest try, where it was declined or never reached the PSP (is_gateway_error)."""

    standing: Standing
    received: Money
    failed_attempt_id: UUID | None = None
    error_code: str = ""
    decline_code: str = ""
    network_advice_code: str = ""
    is_gateway_error: bool = False


def find_standing(*, merchant_id: UUID, payment_intent_id: UUID) -> IntentStanding | None:
    """None when there is no such intent."""
    intent = find_payment_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    return None if intent is None else _standing_of(intent)


def _standing_of(intent: PaymentIntent) -> IntentStanding:
    standing = _BY_STATUS[IntentStatus(intent.status)]
    received = Money(intent.amount_received_minor, intent.currency)
    attempt = intent.latest_attempt
    if attempt is None or attempt.status not in (AttemptStatus.DECLINED, AttemptStatus.NOT_SENT):
        return IntentStanding(standing, received)
    return IntentStanding(
        standing,
        received,
        failed_attempt_id=attempt.id,
        error_code=attempt.error_code,
        decline_code=attempt.decline_code,
        network_advice_code=attempt.network_advice_code,
        is_gateway_error=attempt.status == AttemptStatus.NOT_SENT,
    )
