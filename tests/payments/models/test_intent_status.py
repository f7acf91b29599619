"""The status of an intent for every combination of what may be known about it."""

from __future__ import annotations

from itertools import product

import pytest

from payments.models import AttemptStatus as A
from payments.models import IntentStatus as Intent
from payments.models.intent_status import IntentFacts, derive_intent_status

BY_LATEST = {
    A.CREATED: Intent.PROCESSING,
    A.SUBMITTING: Intent.PROCESSING,
    A.UNKNOWN: Intent.PROCESSING,
    A.PENDING: Intent.PROCESSING,
    A.REQUIRES_ACTION: Intent.REQUIRES_ACTION,
    A.AUTHORIZED: Intent.REQUIRES_CAPTURE,
    A.PARTIALLY_CAPTURED: Intent.REQUIRES_CAPTURE,
    A.SUCCEEDED: Intent.SUCCEEDED,
    A.DECLINED: Intent.REQUIRES_PAYMENT_METHOD,
    A.NOT_SENT: Intent.REQUIRES_CONFIRMATION,
    A.VOIDED: Intent.CANCELED,
    A.EXPIRED: Intent.CANCELED,
    A.RETURNED: Intent.REQUIRES_PAYMENT_METHOD,
}


@pytest.mark.parametrize(
    ("has_method", "expected"),
    [(False, Intent.REQUIRES_PAYMENT_METHOD), (True, Intent.REQUIRES_CONFIRMATION)],
)
def test_before_the_first_try_the_method_decides(has_method: bool, expected: Intent) -> None:
    assert derive_intent_status(IntentFacts(False, has_method, ())) == expected
    assert derive_intent_status(IntentFacts(True, has_method, ())) == Intent.CANCELED


@pytest.mark.parametrize("status", list(A))
@pytest.mark.parametrize("has_method", [False, True])
def test_after_one_try_its_state_decides_and_a_cancellation_yields_to_money_alone(
    status: A, has_method: bool
) -> None:
    canceled = Intent.SUCCEEDED if status == A.SUCCEEDED else Intent.CANCELED

    assert derive_intent_status(IntentFacts(False, has_method, (status,))) == BY_LATEST[status]
    assert derive_intent_status(IntentFacts(True, has_method, (status,))) == canceled


@pytest.mark.parametrize(("earlier", "latest"), list(product(A, A)))
def test_after_several_tries_a_success_wins_and_else_the_latest_decides(earlier: A, latest: A) -> None:
    expected = Intent.SUCCEEDED if A.SUCCEEDED in (earlier, latest) else BY_LATEST[latest]

    for has_method in (False, True):
        assert derive_intent_status(IntentFacts(False, has_method, (earlier, latest))) == expected
        assert derive_intent_status(IntentFacts(False, has_method, (A.DECLINED, earlier, latest))) == expected


def test_every_state_of_an_attempt_has_its_status() -> None:
    assert set(BY_LATEST) == set(A)
