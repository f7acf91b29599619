"""Ask the PSP what became of a movement, and act on the proof: the owner of every outcome in doubt.

Looks at attempts, voids, captures and refunds whose next_check_at is due: unknown, pending, waiting for the
customer, or left behind by a process that died. Sends nothing again before its absence is proven, but to a PSP that
has no other answer to "what became of it" than the answer to the same call under the same key (docs/adr/0020).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from foundation import clock
from foundation.transactions import outside_transaction
from payments.models import AttemptStatus, CaptureStatus, IncrementStatus, PspAccount, RefundStatus
from payments.operations.execute_attempt import execute_attempt
from payments.operations.execute_capture import execute_capture
from payments.operations.execute_increment import execute_increment
from payments.operations.execute_refund import execute_refund
from payments.operations.execute_void import execute_void
from payments.operations.give_up_action import give_up_action
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.operations.record_capture_outcome import record_capture_outcome
from payments.operations.record_increment_outcome import record_increment_outcome
from payments.operations.record_refund_outcome import record_refund_outcome
from payments.operations.record_void_outcome import record_void_outcome
from payments.operations.resolve_setup_intent import resolve_setup_intent
from payments.psp.outcomes import NotFound, RequiresAction
from payments.psp.port import InquireRequest, InquiryAnswer
from payments.psp.registry import connector_for
from payments.queries.payment_intents import get_attempt, get_capture, get_increment, get_refund
from payments.queries.psp_again import (
    Again,
    again_of_attempt,
    again_of_capture,
    again_of_increment,
    again_of_refund,
    again_of_void,
)
from payments.queries.psp_orders import (
    attempt_inquiry,
    capture_inquiry,
    credentials_of,
    increment_inquiry,
    refund_inquiry,
    void_inquiry,
)
from payments.steps.look_again import is_abandoned


@outside_transaction
def resolve_unknown(*, merchant_id: UUID, kind: str, subject_id: UUID) -> None:
    """Look once. kind: attempt, capture, increment, refund or setup_intent; subject_id: the row's.

    Raises: ResourceMissing, KeyError for another kind. Writes: as the record_ operations.
    Safe to repeat: an inquiry changes nothing at the PSP, and a known outcome nothing here.
    """
    _RESOLVERS[kind](merchant_id, subject_id)


def _resolve_attempt(merchant_id: UUID, attempt_id: UUID) -> None:
    attempt = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    if attempt.status == AttemptStatus.CREATED:
        # Nobody took it up: its job died with every try.
        execute_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
        return
    if attempt.void_requested_at is not None and attempt.is_live:
        _resolve_void(merchant_id, attempt_id)
        return
    if attempt.next_check_at is None:
        return
    answer = _ask(attempt.psp_account, attempt_inquiry(attempt), lambda: again_of_attempt(attempt))
    record_attempt_outcome(
        merchant_id=merchant_id,
        payment_intent_id=attempt.payment_intent_id,
        attempt_id=attempt_id,
        outcome=answer.outcome,
        call=answer.call,
    )
    if isinstance(answer.outcome, RequiresAction) and is_abandoned(attempt, clock.now()):
        give_up_action(merchant_id=merchant_id, attempt_id=attempt_id)


def _resolve_void(merchant_id: UUID, attempt_id: UUID) -> None:
    attempt = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    answer = _ask(attempt.psp_account, void_inquiry(attempt), lambda: again_of_void(attempt))
    record_void_outcome(
        merchant_id=merchant_id, attempt_id=attempt_id, outcome=answer.outcome, call=answer.call
    )
    if isinstance(answer.outcome, NotFound):
        # Still authorized at the PSP. Canceling twice is canceling once: no proof of absence is needed.
        execute_void(merchant_id=merchant_id, attempt_id=attempt_id)


def _resolve_capture(merchant_id: UUID, capture_id: UUID) -> None:
    capture = get_capture(merchant_id=merchant_id, capture_id=capture_id)
    if capture.status == CaptureStatus.CREATED:
        execute_capture(merchant_id=merchant_id, capture_id=capture_id)
        return
    if capture.next_check_at is None:
        return
    attempt = capture.attempt
    answer = _ask(
        attempt.psp_account, capture_inquiry(capture, attempt), lambda: again_of_capture(capture, attempt)
    )
    record_capture_outcome(
        merchant_id=merchant_id, capture_id=capture_id, outcome=answer.outcome, call=answer.call
    )


def _resolve_increment(merchant_id: UUID, increment_id: UUID) -> None:
    increment = get_increment(merchant_id=merchant_id, increment_id=increment_id)
    if increment.status == IncrementStatus.CREATED:
        execute_increment(merchant_id=merchant_id, increment_id=increment_id)
        return
    if increment.next_check_at is None:
        return
    attempt = increment.attempt
    answer = _ask(
        attempt.psp_account,
        increment_inquiry(increment, attempt),
        lambda: again_of_increment(increment, attempt),
    )
    record_increment_outcome(
        merchant_id=merchant_id, increment_id=increment_id, outcome=answer.outcome, call=answer.call
    )


def _resolve_refund(merchant_id: UUID, refund_id: UUID) -> None:
    refund = get_refund(merchant_id=merchant_id, refund_id=refund_id)
    if refund.status == RefundStatus.CREATED:
        execute_refund(merchant_id=merchant_id, refund_id=refund_id)
        return
    if refund.next_check_at is None:
        return
    attempt = refund.attempt
    answer = _ask(
        attempt.psp_account, refund_inquiry(refund, attempt), lambda: again_of_refund(refund, attempt)
    )
    record_refund_outcome(
        merchant_id=merchant_id, refund_id=refund_id, outcome=answer.outcome, call=answer.call
    )


def _ask(account: PspAccount, request: InquireRequest, again: Callable[[], Again]) -> InquiryAnswer:
    """again: the same call once more, for PSPs that have no other way to be asked."""
    connector = connector_for(account.psp)
    if connector.capabilities.inquires_by_repeating:
        request = replace(request, **again())
    return connector.inquire(credentials_of(account), request)


def _resolve_setup(merchant_id: UUID, setup_intent_id: UUID) -> None:
    resolve_setup_intent(merchant_id=merchant_id, setup_intent_id=setup_intent_id)


_RESOLVERS = {
    "attempt": _resolve_attempt,
    "capture": _resolve_capture,
    "increment": _resolve_increment,
    "refund": _resolve_refund,
    "setup_intent": _resolve_setup,
}
