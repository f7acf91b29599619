"""What every outcome means to an attempt in every state."""

from __future__ import annotations

import pytest

from foundation.ids import new_id
from foundation.money import Money
from payments.models import PaymentAttempt
from payments.models.attempts import UNDECIDED
from payments.models.attempts import AttemptStatus as A
from payments.psp.outcomes import (
    Declined,
    InquiryOutcome,
    NotFound,
    NotSent,
    Pending,
    RequiresAction,
    Returned,
    Succeeded,
    Unknown,
    Voided,
)
from payments.steps.weigh_attempt_outcome import Verdict, weigh_attempt_outcome

APPLIES, KNOWN, CONTRADICTS = Verdict.APPLIES, Verdict.KNOWN, Verdict.CONTRADICTS
RETURNS = Verdict.RETURNS
TEN = Money(10_00, "usd")
OUTCOMES: dict[str, InquiryOutcome] = {
    "captured": Succeeded(psp_reference="pi_1", amount=TEN, captured=TEN),
    "authorized": Succeeded(psp_reference="pi_1", amount=TEN),
    "declined": Declined(code="card_declined"),
    "voided": Voided(psp_reference="pi_1"),
    "expired": Voided(psp_reference="pi_1", is_expiry=True),
    "action": RequiresAction(psp_reference="pi_1", url="https://bank.example.com"),
    "pending": Pending(psp_reference="pi_1"),
    "not_sent": NotSent(reason="no_connection"),
    "unknown": Unknown(reason="no_answer"),
    "not_found": NotFound(),
    "returned": Returned(psp_reference="pi_1"),
}
SILENT = dict.fromkeys(("action", "pending", "not_sent", "unknown", "not_found"), KNOWN)
PAID = {
    "captured": KNOWN,
    "authorized": KNOWN,
    "declined": CONTRADICTS,
    "voided": CONTRADICTS,
    "expired": CONTRADICTS,
    "returned": RETURNS,
}
ENDED = {
    "captured": CONTRADICTS,
    "authorized": CONTRADICTS,
    "declined": KNOWN,
    "voided": KNOWN,
    "expired": KNOWN,
    "returned": CONTRADICTS,
}
TABLE: dict[A, dict[str, Verdict]] = {
    **{A(status): dict.fromkeys(OUTCOMES, APPLIES) for status in [A.CREATED, *UNDECIDED]},
    A.AUTHORIZED: SILENT
    | {
        "captured": CONTRADICTS,
        "authorized": KNOWN,
        "declined": CONTRADICTS,
        "voided": APPLIES,
        "expired": APPLIES,
        "returned": CONTRADICTS,
    },
    A.PARTIALLY_CAPTURED: SILENT | PAID | {"expired": KNOWN},
    A.SUCCEEDED: SILENT | PAID,
    A.DECLINED: SILENT | ENDED,
    A.NOT_SENT: SILENT | ENDED,
    A.VOIDED: SILENT | ENDED | {"authorized": KNOWN},
    A.EXPIRED: SILENT | ENDED | {"authorized": KNOWN},
    A.RETURNED: dict.fromkeys(OUTCOMES, KNOWN),
}


@pytest.mark.parametrize("status", list(A))
@pytest.mark.parametrize("name", list(OUTCOMES))
def test_verdict(status: A, name: str) -> None:
    captured = {A.PARTIALLY_CAPTURED: 4_00, A.SUCCEEDED: 10_00}.get(status, 0)
    attempt = PaymentAttempt(id=new_id(), status=status, amount_minor=10_00, amount_captured_minor=captured)

    assert weigh_attempt_outcome(attempt, OUTCOMES[name]) is TABLE[status][name]


def test_rest_of_a_final_capture_that_runs_out_contradicts_nothing() -> None:
    attempt = PaymentAttempt(id=new_id(), status=A.SUCCEEDED, amount_minor=10_00, amount_captured_minor=4_00)

    assert weigh_attempt_outcome(attempt, OUTCOMES["expired"]) is KNOWN
    assert weigh_attempt_outcome(attempt, OUTCOMES["voided"]) is CONTRADICTS


@pytest.mark.parametrize("status", list(A))
def test_capture_of_our_own_under_way_explains_the_money_of_an_authorization_only(status: A) -> None:
    attempt = PaymentAttempt(id=new_id(), status=status)
    expected = KNOWN if status == A.AUTHORIZED else TABLE[status]["captured"]

    assert weigh_attempt_outcome(attempt, OUTCOMES["captured"], has_open_capture=True) is expected
