"""Every arrow of the state machines is walked, and every other is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django_fsm import TransitionNotAllowed

from foundation.ids import new_id
from payments.models import (
    AuthorizationIncrement,
    Capture,
    CaseResolution,
    PaymentAttempt,
    PaymentIntent,
    Payout,
    Refund,
)
from payments.models.attempts import ENDED_WITHOUT_MONEY, UNDECIDED
from payments.models.attempts import AttemptStatus as A
from payments.models.captures import CaptureStatus as C
from payments.models.increments import IncrementStatus as I
from payments.models.intents import OPEN
from payments.models.intents import IntentStatus as Intent
from payments.models.payouts import PayoutStatus as P
from payments.models.refunds import RefundStatus as R

Q = CaseResolution.Status

Arrows = dict[str, tuple[list[Any], Any]]

ATTEMPT: Arrows = {
    "submit": ([A.CREATED], A.SUBMITTING),
    "require_action": ([A.SUBMITTING, A.UNKNOWN, A.PENDING], A.REQUIRES_ACTION),
    "wait": ([A.SUBMITTING, A.UNKNOWN, A.REQUIRES_ACTION], A.PENDING),
    "lose_sight": ([A.SUBMITTING, A.REQUIRES_ACTION, A.PENDING], A.UNKNOWN),
    "authorize": (UNDECIDED, A.AUTHORIZED),
    "succeed": ([*UNDECIDED, A.AUTHORIZED, A.PARTIALLY_CAPTURED], A.SUCCEEDED),
    "capture_part": ([A.AUTHORIZED, A.PARTIALLY_CAPTURED], A.PARTIALLY_CAPTURED),
    "decline": (UNDECIDED, A.DECLINED),
    "never_happened": ([A.CREATED, *UNDECIDED], A.NOT_SENT),
    "void": ([*UNDECIDED, A.AUTHORIZED], A.VOIDED),
    "expire": ([A.AUTHORIZED, A.REQUIRES_ACTION], A.EXPIRED),
    "come_back": ([A.SUCCEEDED, A.PARTIALLY_CAPTURED], A.RETURNED),
    "correct_to_succeeded": (ENDED_WITHOUT_MONEY, A.SUCCEEDED),
    "correct_to_authorized": (ENDED_WITHOUT_MONEY, A.AUTHORIZED),
    "correct_to_returned": (ENDED_WITHOUT_MONEY, A.RETURNED),
    "correct_to_declined": ([A.AUTHORIZED], A.DECLINED),
}
INTENT: Arrows = {
    "ask_for_payment_method": (OPEN, Intent.REQUIRES_PAYMENT_METHOD),
    "ask_for_confirmation": (OPEN, Intent.REQUIRES_CONFIRMATION),
    "ask_for_action": (OPEN, Intent.REQUIRES_ACTION),
    "wait_for_psp": (OPEN, Intent.PROCESSING),
    "ask_for_capture": (OPEN, Intent.REQUIRES_CAPTURE),
    "succeed": (OPEN, Intent.SUCCEEDED),
    "cancel": (OPEN, Intent.CANCELED),
    "lose_payment": ([Intent.SUCCEEDED], Intent.REQUIRES_PAYMENT_METHOD),
    "correct_to_succeeded": ([Intent.CANCELED], Intent.SUCCEEDED),
    "correct_to_requires_capture": ([Intent.CANCELED], Intent.REQUIRES_CAPTURE),
}
CAPTURE: Arrows = {
    "submit": ([C.CREATED], C.SUBMITTING),
    "succeed": ([C.CREATED, C.SUBMITTING, C.PENDING, C.UNKNOWN], C.SUCCEEDED),
    "wait": ([C.SUBMITTING, C.UNKNOWN], C.PENDING),
    "fail": ([C.CREATED, C.SUBMITTING, C.PENDING, C.UNKNOWN], C.FAILED),
    "try_again": ([C.FAILED], C.CREATED),
    "lose_sight": ([C.SUBMITTING, C.UNKNOWN], C.UNKNOWN),
    "come_back": ([C.SUCCEEDED], C.RETURNED),
    "correct_to_succeeded": ([C.FAILED], C.SUCCEEDED),
}
INCREMENT: Arrows = {
    "submit": ([I.CREATED], I.SUBMITTING),
    "wait": ([I.SUBMITTING, I.UNKNOWN], I.PENDING),
    "succeed": ([I.CREATED, I.SUBMITTING, I.PENDING, I.UNKNOWN], I.SUCCEEDED),
    "fail": ([I.CREATED, I.SUBMITTING, I.PENDING, I.UNKNOWN], I.FAILED),
    "lose_sight": ([I.SUBMITTING, I.UNKNOWN], I.UNKNOWN),
}
RESOLUTION: Arrows = {
    "approve": ([Q.REQUESTED], Q.APPROVED),
    "record": ([Q.APPROVED], Q.RECORDED),
    "refuse": ([Q.REQUESTED], Q.REFUSED),
    "withdraw": ([Q.REQUESTED], Q.WITHDRAWN),
    "lapse": ([Q.REQUESTED, Q.APPROVED], Q.LAPSED),
}
REFUND: Arrows = {
    "approve": ([R.REQUIRES_APPROVAL], R.CREATED),
    "submit": ([R.CREATED], R.SUBMITTING),
    "unsend": ([R.SUBMITTING, R.UNKNOWN], R.CREATED),
    "wait": ([R.SUBMITTING, R.UNKNOWN], R.PENDING),
    "succeed": ([R.SUBMITTING, R.PENDING, R.UNKNOWN], R.SUCCEEDED),
    "fail": ([R.REQUIRES_APPROVAL, R.CREATED, R.SUBMITTING, R.PENDING, R.UNKNOWN], R.FAILED),
    "come_back": ([R.SUCCEEDED], R.FAILED),
    "lose_sight": ([R.SUBMITTING, R.PENDING, R.UNKNOWN], R.UNKNOWN),
    "cancel": ([R.REQUIRES_APPROVAL, R.CREATED], R.CANCELED),
    "correct_to_succeeded": ([R.FAILED, R.CANCELED], R.SUCCEEDED),
}
PAYOUT: Arrows = {
    "send": ([P.PENDING], P.IN_TRANSIT),
    "arrive": ([P.PENDING, P.IN_TRANSIT], P.PAID),
    "come_back": ([P.PENDING, P.IN_TRANSIT, P.PAID], P.FAILED),
    "cancel": ([P.PENDING], P.CANCELED),
}
MACHINES: list[tuple[Any, Any, Arrows]] = [
    (PaymentAttempt, A, ATTEMPT),
    (PaymentIntent, Intent, INTENT),
    (Capture, C, CAPTURE),
    (Refund, R, REFUND),
    (AuthorizationIncrement, I, INCREMENT),
    (CaseResolution, Q, RESOLUTION),
    (Payout, P, PAYOUT),
]
CASES = [
    pytest.param(
        model, arrow, source, target if source in sources else None, id=f"{model.__name__}.{arrow} {source}"
    )
    for model, states, arrows in MACHINES
    for arrow, (sources, target) in arrows.items()
    for source in states
]


@pytest.mark.parametrize(("model", "arrow", "source", "target"), CASES)
def test_arrow_is_taken_from_its_sources_and_from_nowhere_else(
    model: Any, arrow: str, source: str, target: str | None
) -> None:
    row = model(id=new_id(), status=source)

    if target is None:
        with pytest.raises(TransitionNotAllowed):
            getattr(row, arrow)()
        assert row.status == source
    else:
        getattr(row, arrow)()
        assert row.status == target


@pytest.mark.parametrize(("model", "states", "arrows"), MACHINES)
def test_no_arrow_is_left_out(model: Any, states: Any, arrows: Arrows) -> None:
    declared = {name for name in dir(model) if hasattr(getattr(model, name, None), "_django_fsm")}

    assert declared == set(arrows)


@pytest.mark.parametrize("model", [PaymentAttempt, PaymentIntent, Capture, Refund, Payout])
def test_state_cannot_be_assigned(model: Any) -> None:
    row = model(id=new_id())

    with pytest.raises(AttributeError):
        row.status = "succeeded"
