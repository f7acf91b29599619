"""Any PSP: a larger amount is asked of an authorization that stands, and held once the issuer agrees."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.money import Money
from payments.psp.outcomes import Declined, NotFound, Succeeded, Unknown
from tests.payments.psp.contract.faces import USD, Face

pytestmark = pytest.mark.django_db


def test_connector_says_that_it_can(face: Face) -> None:
    assert face.connector.capabilities.incremental_authorization


def test_larger_amount_is_held_and_can_be_captured(face: Face) -> None:
    held = face.held()

    outcome = face.proven(face.connector.increment(face.credentials, face.increment_of(held, 15_00)))

    assert isinstance(outcome, Succeeded)
    assert outcome.amount == Money(15_00, USD)
    assert face.psp.books()[USD]["authorized_open_minor"] == 15_00
    taken = face.proven(face.connector.capture(face.credentials, face.capture_of(held, 15_00)))
    assert isinstance(taken, Succeeded)
    assert face.psp.books()[USD]["charges_gross_minor"] == 15_00


def test_same_increment_twice_is_one(face: Face) -> None:
    held = face.held()
    request = face.increment_of(held, 15_00)

    first = face.proven(face.connector.increment(face.credentials, request))
    again = face.proven(face.connector.increment(face.credentials, request))

    assert again == first
    assert face.psp.books()[USD]["authorized_open_minor"] == 15_00


def test_increment_of_what_is_taken_is_refused(face: Face) -> None:
    paid = face.paid()

    outcome = face.proven(face.connector.increment(face.credentials, face.increment_of(paid, 15_00)))

    assert isinstance(outcome, Declined)
    assert face.psp.books()[USD]["charges_gross_minor"] == 10_00


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("timeout_after_booking", {"seconds": 2}),
        ("error_after_booking", {}),
        ("error_before_booking", {}),
        ("reset_after_booking", {}),
        ("reset_before_booking", {}),
        ("garbage_after_booking", {}),
    ],
)
def test_lost_answer_is_unknown_and_the_inquiry_tells_what_is_held(
    face: Face, fault: str, options: dict[str, Any]
) -> None:
    request = face.increment_of(face.held(), 15_00)
    face.psp.fails(fault, operation="increment_authorization", **options)

    answer = face.connector.increment(face.credentials, request)

    assert isinstance(answer.outcome, Unknown)
    truth = face.became_of("increment", request)
    assert isinstance(truth, Succeeded | NotFound), truth
    assert face.psp.books()[USD]["authorized_open_minor"] == (
        15_00 if isinstance(truth, Succeeded) else 10_00
    )


def test_increment_under_a_forgotten_key_is_still_one(face: Face) -> None:
    request = face.increment_of(face.held(), 15_00)
    face.psp.fails("error_after_booking", operation="increment_authorization")
    face.psp.fails("forget_key", operation="increment_authorization", times=5)
    face.connector.increment(face.credentials, request)

    truth = face.became_of("increment", request)

    assert isinstance(truth, Succeeded)
    assert truth.amount == Money(15_00, USD)
    assert face.psp.books()[USD]["authorized_open_minor"] == 15_00
