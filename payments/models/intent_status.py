"""The status of a payment intent as a pure function of what is known about it. Free of the database."""

from __future__ import annotations

from dataclasses import dataclass

from payments.models.attempts import AttemptStatus
from payments.models.intents import IntentStatus


@dataclass(frozen=True, slots=True)
class IntentFacts:
    """statuses: of all attempts, oldest first."""

    is_canceled: bool
    has_payment_method: bool
    statuses: tuple[str, ...]


_BY_LATEST_ATTEMPT: dict[str, IntentStatus] = {
    AttemptStatus.CREATED: IntentStatus.PROCESSING,
    AttemptStatus.SUBMITTING: IntentStatus.PROCESSING,
    AttemptStatus.UNKNOWN: IntentStatus.PROCESSING,
    AttemptStatus.PENDING: IntentStatus.PROCESSING,
    AttemptStatus.REQUIRES_ACTION: IntentStatus.REQUIRES_ACTION,
    AttemptStatus.AUTHORIZED: IntentStatus.REQUIRES_CAPTURE,
    AttemptStatus.PARTIALLY_CAPTURED: IntentStatus.REQUIRES_CAPTURE,
    AttemptStatus.SUCCEEDED: IntentStatus.SUCCEEDED,
    AttemptStatus.DECLINED: IntentStatus.REQUIRES_PAYMENT_METHOD,
    # The card is not at fault: the same method may be confirmed again.
    AttemptStatus.NOT_SENT: IntentStatus.REQUIRES_CONFIRMATION,
    AttemptStatus.VOIDED: IntentStatus.CANCELED,
    AttemptStatus.EXPIRED: IntentStatus.CANCELED,
    # The bank took the money back: it is owed again, and may be paid by another method.
    AttemptStatus.RETURNED: IntentStatus.REQUIRES_PAYMENT_METHOD,
}


def derive_intent_status(facts: IntentFacts) -> IntentStatus:
    """A success on any attempt wins; otherwise the latest attempt decides; without attempts, the method does."""
    if AttemptStatus.SUCCEEDED in facts.statuses:
        return IntentStatus.SUCCEEDED
    if facts.is_canceled:
        return IntentStatus.CANCELED
    if facts.statuses:
        return _BY_LATEST_ATTEMPT[facts.statuses[-1]]
    if facts.has_payment_method:
        return IntentStatus.REQUIRES_CONFIRMATION
    return IntentStatus.REQUIRES_PAYMENT_METHOD
