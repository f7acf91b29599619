"""Bring an outcome to the one door of its movement, whatever the movement is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foundation.transactions import outside_transaction
from payments.models.case_subjects import Subject
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.operations.record_capture_outcome import record_capture_outcome
from payments.operations.record_increment_outcome import record_increment_outcome
from payments.operations.record_refund_outcome import record_refund_outcome
from payments.operations.record_setup_outcome import record_setup_outcome
from payments.operations.record_void_outcome import record_void_outcome
from payments.psp.outcomes import CallRecord, InquiryOutcome
from payments.steps.use_resolution import PersonProof


@outside_transaction
def record_movement_outcome(
    *,
    subject: Subject,
    outcome: InquiryOutcome,
    call: CallRecord | None = None,
    proof: PersonProof | None = None,
) -> None:
    """Raises, writes and repeats as the record_ operation of the movement's kind does."""
    door, names = _DOORS[subject.kind]
    door(
        merchant_id=subject.row.merchant_id,
        **names(subject),
        outcome=outcome,
        call=call,
        proof=proof,
    )


def _named(name: str) -> Callable[[Subject], dict[str, Any]]:
    return lambda subject: {name: subject.row.pk}


def _attempt_names(subject: Subject) -> dict[str, Any]:
    assert subject.attempt is not None, "the subject is a charge"
    return {"payment_intent_id": subject.attempt.payment_intent_id, "attempt_id": subject.attempt.id}


_DOORS: dict[str, tuple[Callable[..., object], Callable[[Subject], dict[str, Any]]]] = {
    "attempt": (record_attempt_outcome, _attempt_names),
    "void": (record_void_outcome, _named("attempt_id")),
    "capture": (record_capture_outcome, _named("capture_id")),
    "increment": (record_increment_outcome, _named("increment_id")),
    "refund": (record_refund_outcome, _named("refund_id")),
    "setup_intent": (record_setup_outcome, _named("setup_intent_id")),
}
