"""Any PSP: captures, voids and refunds, whether it answers at once or tells later."""

from __future__ import annotations

import pytest

from foundation.money import Money
from payments.psp.outcomes import Declined, Pending, Succeeded, Voided
from tests.payments.psp.contract.faces import USD, Face

pytestmark = pytest.mark.django_db


def test_capture_in_full(face: Face) -> None:
    held = face.held()

    answer = face.connector.capture(face.credentials, face.capture_of(held, 10_00))

    outcome = face.proven(answer)
    assert isinstance(outcome, Succeeded)
    assert outcome.amount == Money(10_00, USD)
    assert face.psp.books()[USD]["charges_gross_minor"] == 10_00


def test_what_tells_later_has_not_happened_before(face: Face) -> None:
    held = face.held()

    answer = face.connector.capture(face.credentials, face.capture_of(held, 10_00))

    assert isinstance(answer.outcome, Pending | Succeeded)
    if isinstance(answer.outcome, Pending):
        assert answer.outcome.psp_reference not in ("", held.psp_reference)


def test_final_capture_of_a_part_lets_the_rest_go(face: Face) -> None:
    held = face.held()

    outcome = face.proven(face.connector.capture(face.credentials, face.capture_of(held, 6_00)))

    assert isinstance(outcome, Succeeded)
    books = face.psp.books()[USD]
    assert (books["charges_gross_minor"], books["authorized_open_minor"]) == (6_00, 0)


def test_several_captures_of_one_authorization(face: Face) -> None:
    held = face.held()

    first = face.proven(face.connector.capture(face.credentials, face.capture_of(held, 6_00, is_final=False)))
    after_first = face.psp.books()[USD]["authorized_open_minor"]
    second = face.proven(face.connector.capture(face.credentials, face.capture_of(held, 3_00, before=6_00)))

    assert isinstance(first, Succeeded)
    assert isinstance(second, Succeeded)
    assert (first.amount, second.amount) == (Money(6_00, USD), Money(3_00, USD))
    assert after_first == 4_00
    books = face.psp.books()[USD]
    assert (books["captures_count"], books["charges_gross_minor"]) == (2, 9_00)
    assert books["authorized_open_minor"] == 0


def test_capture_beyond_the_authorization_takes_nothing(face: Face) -> None:
    held = face.held()

    outcome = face.proven(face.connector.capture(face.credentials, face.capture_of(held, 12_00)))

    assert isinstance(outcome, Declined)
    assert face.psp.charges() == 0


def test_same_capture_twice_is_one(face: Face) -> None:
    held = face.held()
    request = face.capture_of(held, 4_00, is_final=False)

    first = face.proven(face.connector.capture(face.credentials, request))
    again = face.proven(face.connector.capture(face.credentials, request))

    assert again == first
    assert face.psp.books()[USD]["charges_gross_minor"] == 4_00


def test_void_releases_the_authorization(face: Face) -> None:
    held = face.held()

    outcome = face.proven(face.connector.void(face.credentials, face.void_of(held)))

    assert outcome == Voided(psp_reference=held.psp_reference)
    assert face.psp.books().get(USD, {}).get("authorized_open_minor", 0) == 0


def test_void_of_what_is_taken_is_refused(face: Face) -> None:
    paid = face.paid()

    outcome = face.proven(face.connector.void(face.credentials, face.void_of(paid)))

    assert isinstance(outcome, Declined)
    assert face.psp.books()[USD]["charges_gross_minor"] == 10_00


@pytest.mark.parametrize("amount", [10_00, 4_00])
def test_refund_in_full_and_in_part(face: Face, amount: int) -> None:
    paid = face.paid()

    outcome = face.proven(face.connector.refund(face.credentials, face.refund_of(paid, amount)))

    assert isinstance(outcome, Succeeded)
    assert outcome.amount == Money(amount, USD)
    assert face.psp.books()[USD]["refunds_amount_minor"] == amount


def test_refund_beyond_what_was_taken_gives_nothing_back(face: Face) -> None:
    paid = face.paid()

    outcome = face.proven(face.connector.refund(face.credentials, face.refund_of(paid, 12_00)))

    assert isinstance(outcome, Declined)
    assert face.psp.refunds() == 0


def test_same_refund_twice_is_one(face: Face) -> None:
    paid = face.paid()
    request = face.refund_of(paid, 4_00)

    first = face.proven(face.connector.refund(face.credentials, request))
    again = face.proven(face.connector.refund(face.credentials, request))

    assert again == first
    assert face.psp.books()[USD]["refunds_amount_minor"] == 4_00


@pytest.mark.parametrize("cause", ["card", "fault"])
def test_refund_that_the_bank_returns_is_named_as_such(face: Face, cause: str) -> None:
    paid = face.paid(token="pm_card_refundFail" if cause == "card" else "pm_card_visa")
    if cause == "fault":
        face.psp.fails("refund_returned", operation="refund", seconds=60)
    request = face.refund_of(paid, 4_00)
    answer = face.connector.refund(face.credentials, request)
    made = face.proven(answer)
    assert isinstance(made, Succeeded)

    face.psp.time_passes(seconds=120)

    returned = face.returned(request, made)
    assert isinstance(returned, Declined)
    assert (returned.code, returned.psp_reference) == ("refund_failed", made.psp_reference)
    books = face.psp.books()[USD]
    assert books["refunds_amount_minor"] - books["refunds_returned_minor"] == 0
