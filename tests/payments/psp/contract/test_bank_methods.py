"""Any PSP: debits that a bank answers for in days and may take back, and customers who approve on their bank's page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from foundation.money import Money
from payments.psp.methods import BANK_DEBITS, METHOD_TYPES, REDIRECTS
from payments.psp.outcomes import Declined, Pending, RequiresAction, Returned, Succeeded, Unknown
from payments.psp.port import AuthorizeRequest
from tests.factories.later import DAY_SECONDS
from tests.payments.psp.contract.faces import BANK_CURRENCIES, Face

pytestmark = pytest.mark.django_db

ANSWERED, CAME_BACK = 4 * DAY_SECONDS + 60, 6 * DAY_SECONDS


def sent(face: Face, request: AuthorizeRequest) -> str:
    """The PSP's reference of a debit that it took on."""
    outcome = face.connector.authorize(face.credentials, request).outcome
    assert isinstance(outcome, Pending), outcome
    return outcome.psp_reference


def sent_away(face: Face, request: AuthorizeRequest) -> RequiresAction:
    outcome = face.connector.authorize(face.credentials, request).outcome
    assert isinstance(outcome, RequiresAction), outcome
    return outcome


def test_every_method_that_is_declared_can_be_charged(face: Face) -> None:
    declared = face.connector.capabilities.payment_method_types

    assert declared in METHOD_TYPES.values()
    for method_type in declared[1:]:
        outcome = face.connector.authorize(face.credentials, face.at_bank(method_type)).outcome
        assert isinstance(outcome, Pending | RequiresAction), outcome


@pytest.mark.parametrize("method_type", BANK_CURRENCIES)
def test_token_says_what_it_pays_with(face: Face, method_type: str) -> None:
    token = face.bank_token(method_type, "success")

    described = face.connector.describe_token(face.credentials, token)

    assert (described.type, described.call.outcome) == (method_type, "succeeded")
    assert described.card is not None
    if method_type == "sepa_debit":
        assert (described.card.last4, described.card.country) == ("3000", "DE")
    assert token not in f"{described.call.request}{described.call.answer}"


@pytest.mark.parametrize("method_type", BANK_DEBITS)
def test_debit_is_pending_until_the_bank_has_paid(face: Face, method_type: str) -> None:
    request = face.at_bank(method_type)
    reference = sent(face, request)
    assert face.psp.books() == {}

    face.psp.time_passes(seconds=ANSWERED)

    word = face.newest_word(request, reference)
    assert isinstance(word, Succeeded)
    assert (word.psp_reference, word.amount) == (reference, request.amount)
    assert face.psp.charges(request.amount.currency) == 1


@pytest.mark.parametrize("method_type", BANK_DEBITS)
def test_debit_that_the_bank_refuses_says_why_and_takes_nothing(face: Face, method_type: str) -> None:
    request = face.at_bank(method_type, "failed")
    reference = sent(face, request)

    face.psp.time_passes(seconds=ANSWERED)

    word = face.newest_word(request, reference)
    assert isinstance(word, Declined)
    assert "insufficient_funds" in (word.code, word.decline_code)
    assert face.psp.books() == {}


@pytest.mark.parametrize("method_type", BANK_DEBITS)
def test_debit_that_comes_back_is_no_dispute_but_a_return(face: Face, method_type: str) -> None:
    request = face.at_bank(method_type, "returned")
    reference = sent(face, request)
    face.psp.time_passes(seconds=ANSWERED)
    assert isinstance(face.newest_word(request, reference), Succeeded)

    face.psp.time_passes(seconds=CAME_BACK)

    word = face.newest_word(request, reference)
    assert isinstance(word, Returned)
    assert (word.psp_reference, bool(word.code)) == (reference, True)
    books = face.psp.books()[request.amount.currency]
    assert books["charges_gross_minor"] == books["charges_returned_minor"] == 10_00


@pytest.mark.parametrize("method_type", BANK_DEBITS)
def test_same_key_twice_is_one_debit(face: Face, method_type: str) -> None:
    request = face.at_bank(method_type)

    assert sent(face, request) == sent(face, request)

    face.psp.time_passes(seconds=ANSWERED)
    assert face.psp.charges(request.amount.currency) == 1


@pytest.mark.parametrize("method_type", BANK_DEBITS)
def test_debit_whose_answer_was_lost_is_found_and_not_made_twice(face: Face, method_type: str) -> None:
    request = face.at_bank(method_type)
    face.psp.fails("reset_after_booking")
    assert isinstance(face.connector.authorize(face.credentials, request).outcome, Unknown)

    found = face.became_of("attempt", request)

    assert isinstance(found, Pending | Succeeded), found
    face.psp.time_passes(seconds=ANSWERED)
    assert face.psp.charges(request.amount.currency) == 1


@pytest.mark.parametrize("method_type", REDIRECTS)
@pytest.mark.parametrize("passed", [True, False])
def test_customer_decides_on_the_page_they_are_sent_to(face: Face, method_type: str, passed: bool) -> None:
    request = face.at_bank(method_type)
    waiting = sent_away(face, request)
    assert "/3ds/" in waiting.url
    assert face.psp.books() == {}

    outcome = face.completes(waiting, request, passed=passed)

    assert isinstance(outcome, Succeeded if passed else Declined), outcome
    assert face.psp.charges(request.amount.currency) == int(passed)
    if isinstance(outcome, Succeeded):
        assert (outcome.amount, outcome.captured, outcome.card) == (request.amount, request.amount, None)


@pytest.mark.parametrize("method_type", REDIRECTS)
def test_customer_who_is_refused_has_paid_nothing(face: Face, method_type: str) -> None:
    request = face.at_bank(method_type, "failed")

    outcome = face.completes(sent_away(face, request), request, passed=True)

    assert isinstance(outcome, Declined)
    assert face.psp.books() == {}


@pytest.mark.parametrize("method_type", REDIRECTS)
def test_customer_who_paid_and_never_came_back_has_paid(face: Face, method_type: str) -> None:
    request = face.at_bank(method_type)
    waiting = sent_away(face, request)

    face.psp.completes_challenge(waiting.url)

    word = face.newest_word(request, waiting.psp_reference)
    assert isinstance(word, Succeeded)
    assert word.amount == request.amount


@pytest.mark.parametrize("method_type", ["sepa_debit", "us_bank_account", "ideal", "upi"])
def test_what_can_not_be_held_is_refused_and_takes_nothing(face: Face, method_type: str) -> None:
    outcome = face.connector.authorize(
        face.credentials, replace(face.at_bank(method_type), capture=False)
    ).outcome

    assert isinstance(outcome, Declined)
    face.psp.time_passes(seconds=ANSWERED)
    assert face.psp.books() == {}


@pytest.mark.parametrize("method_type", [*BANK_DEBITS, "ideal"])
def test_refund_of_what_a_bank_paid(face: Face, method_type: str) -> None:
    request = face.at_bank(method_type)
    if method_type in BANK_DEBITS:
        reference = sent(face, request)
        face.psp.time_passes(seconds=ANSWERED)
        paid = face.newest_word(request, reference)
    else:
        paid = face.completes(sent_away(face, request), request, passed=True)
    assert isinstance(paid, Succeeded)
    currency = request.amount.currency

    refund = replace(face.refund_of(paid, 4_00), amount=Money(4_00, currency))
    outcome = face.proven(face.connector.refund(face.credentials, refund))

    assert isinstance(outcome, Succeeded)
    assert face.psp.books()[currency]["refunds_amount_minor"] == 4_00
