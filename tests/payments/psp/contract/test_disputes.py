"""Any PSP: disputes as it tells of them, what becomes of an answer, and that an answer is given once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from foundation.money import Money
from payments.psp.disputes import FraudWarningNews
from payments.psp.outcomes import Declined, NotSent, Succeeded, Unknown
from tests.payments.conftest import closed_port
from tests.payments.psp.contract.dispute_sides import SIDES, DisputeSide, Standing
from tests.payments.psp.contract.faces import USD, AdyenSide, Face

pytestmark = pytest.mark.django_db

DAY = 86_400


@pytest.fixture
def side(face: Face) -> DisputeSide:
    return SIDES["adyen" if isinstance(face, AdyenSide) else "stripe"](face)


@pytest.fixture
def dispute(face: Face, side: DisputeSide) -> str:
    return side.opens(face.paid())


# --- What is told


def test_opened_with_its_claim_its_deadline_and_the_money_taken(face: Face, side: DisputeSide) -> None:
    paid = face.paid()

    dispute = side.opens(paid, reason="product_not_received")

    first = side.told()[0]
    assert (first.kind, first.psp_reference, first.psp_key) == ("dispute", paid.psp_reference, "")
    news = side.disputes_told()[0]
    assert (news.psp_reference, news.status, news.stage) == (dispute, "needs_response", "chargeback")
    assert (news.amount, news.reason) == (Money(10_00, USD), "product_not_received")
    assert (news.network, news.network_reason_code) == ("visa", "13.1")
    assert news.evidence_due_at is not None
    assert 18 <= (news.evidence_due_at - news.opened_at).days < 19
    assert (news.is_charge_refundable, news.is_prevented, news.submission_count) == (False, False, 0)
    assert side.stands(dispute) == Standing("needs_response", "chargeback", -10_00, 1)


def test_part_of_a_charge_is_disputed_and_another_part_again(face: Face, side: DisputeSide) -> None:
    paid = face.paid()

    disputes = [side.opens(paid, amount=amount) for amount in (4_00, 9_00)]

    assert [side.stands(one).moved for one in disputes] == [-4_00, -9_00]


def test_currency_without_decimals_counts_as_it_is(face: Face, side: DisputeSide) -> None:
    paid = face.paid(5_000, currency="jpy")

    dispute = side.opens(paid)

    assert side.disputes_told()[0].amount == Money(5_000, "jpy")
    assert side.stands(dispute).moved == -5_000


def test_inquiry_moves_nothing_even_when_it_is_answered(face: Face, side: DisputeSide) -> None:
    dispute = side.opens(face.paid(), stage="inquiry")
    opened = side.stands(dispute)

    outcome = side.submits(side.evidence(dispute, reason="general"))

    assert opened == Standing("warning_needs_response", "inquiry", 0, 0)
    assert side.disputes_told()[0].is_charge_refundable
    assert isinstance(outcome, Succeeded)
    assert side.stands(dispute) == Standing("warning_under_review", "inquiry", 0, 0)


def test_inquiry_that_escalates_is_a_chargeback(face: Face, side: DisputeSide) -> None:
    dispute = side.opens(face.paid(), stage="inquiry")

    side.submits(side.evidence(dispute, "escalate_inquiry_evidence", reason="general"))
    side.time_passes()

    assert side.stands(dispute) == Standing("needs_response", "chargeback", -10_00, 1)


def test_fraud_warning_moves_nothing(face: Face, side: DisputeSide) -> None:
    paid = face.paid()

    warning = side.opens(paid, fraud_warning=True)

    (news,) = side.told()
    assert (news.kind, news.psp_reference) == ("fraud_warning", paid.psp_reference)
    assert isinstance(news.dispute, FraudWarningNews)
    assert (news.dispute.psp_reference, news.dispute.fraud_type) == (warning, "made_with_stolen_card")
    assert news.dispute.is_actionable
    assert face.psp.books()[USD]["disputes_withdrawn_minor"] == 0


def test_prevented_is_told_from_lost(face: Face, side: DisputeSide) -> None:
    if not side.tells_prevented:
        pytest.skip("Adyen tells of no claim that ended before it was one: the refund alone is told")

    prevented, lost = side.opens(face.paid(), prevented=True), side.opens(face.paid())
    side.decides(lost, "lost")

    told = {news.psp_reference: news.is_prevented for news in side.disputes_told()}
    assert told == {prevented: True, lost: False}


# --- How it ends


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "backwards"])
@pytest.mark.parametrize(
    ("text", "status", "moved"), [("winning_evidence", "won", 0), ("losing_evidence", "lost", -10_00)]
)
def test_what_the_evidence_says_decides_it(
    side: DisputeSide, dispute: str, text: str, status: str, moved: int, backwards: bool
) -> None:
    side.submits(side.evidence(dispute, text))
    reviewed = side.stands(dispute).status

    side.time_passes()

    ended = side.stands(dispute, backwards=backwards)
    assert reviewed == "under_review"
    assert (ended.status, ended.moved) == (status, moved)


def test_accepted_is_lost(side: DisputeSide, dispute: str) -> None:
    outcome = side.accepts(side.acceptance(dispute))

    assert isinstance(outcome, Succeeded)
    assert outcome.psp_reference == dispute
    assert side.stands(dispute) == Standing("lost", "chargeback", -10_00, 1)


def test_nobody_answers_and_it_is_lost(side: DisputeSide, dispute: str) -> None:
    side.time_passes(20 * DAY)

    assert side.stands(dispute) == Standing("lost", "chargeback", -10_00, 1)


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "backwards"])
def test_lost_and_won_late(side: DisputeSide, dispute: str, backwards: bool) -> None:
    side.decides(dispute, "lost")
    lost = side.stands(dispute)
    side.decides(dispute, "won")

    assert (lost.status, lost.moved) == ("lost", -10_00)
    won = side.stands(dispute, backwards=backwards)
    assert (won.status, won.moved) == ("won", 0)


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "backwards"])
def test_won_and_charged_back_again(side: DisputeSide, dispute: str, backwards: bool) -> None:
    side.decides(dispute, "won")
    side.decides(dispute, "second_chargeback")

    again = side.stands(dispute, backwards=backwards)

    assert (again.stage, again.moved, again.steps) == ("second_chargeback", -10_00, 3)
    assert again.status in ("needs_response", "lost")


# --- Answers, once


def test_the_same_submission_twice_is_one(side: DisputeSide, dispute: str) -> None:
    request = side.evidence(dispute)

    outcomes = [side.submits(request) for _ in range(2)]

    assert [outcome.word for outcome in outcomes] == ["succeeded", "succeeded"]
    assert side.submissions(dispute) == 1


@pytest.mark.parametrize("kind", ["submit", "accept"])
@pytest.mark.parametrize("before", ["submitted", "lost", "won"])
def test_second_answer_is_refused_and_changes_nothing(
    side: DisputeSide, dispute: str, kind: str, before: str
) -> None:
    if before == "submitted":
        side.submits(side.evidence(dispute))
    else:
        side.decides(dispute, before)
    stood, submissions = side.stands(dispute), side.submissions(dispute)

    outcome = (
        side.submits(side.evidence(dispute)) if kind == "submit" else side.accepts(side.acceptance(dispute))
    )

    assert isinstance(outcome, Declined)
    assert outcome.code in ("dispute_already_answered", "dispute_closed")
    assert (side.stands(dispute), side.submissions(dispute)) == (stood, submissions)


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("timeout_after_booking", {"seconds": 2}),
    ("timeout_before_booking", {"seconds": 2}),
    ("error_after_booking", {"status": 500}),
    ("error_before_booking", {"status": 502}),
    ("reset_after_booking", {}),
    ("garbage_after_booking", {"undecodable": 1}),
]


@pytest.mark.parametrize("kind", ["submit", "accept"])
@pytest.mark.parametrize(("fault", "options"), FAULTS, ids=[name for name, _ in FAULTS])
def test_lost_answer_is_unknown_and_the_same_key_ends_in_one(
    face: Face, side: DisputeSide, dispute: str, kind: str, fault: str, options: dict[str, Any]
) -> None:
    face.psp.fails(fault, operation="submit_evidence" if kind == "submit" else "accept_dispute", **options)
    request: Any = side.evidence(dispute) if kind == "submit" else side.acceptance(dispute)
    send: Any = side.submits if kind == "submit" else side.accepts

    first, again = send(request), send(request)

    assert isinstance(first, Unknown)
    assert isinstance(again, Succeeded)
    assert side.submissions(dispute) == (kind == "submit")
    assert side.stands(dispute).status == ("under_review" if kind == "submit" else "lost")


@pytest.mark.parametrize(("fault", "options"), FAULTS[2:5], ids=[name for name, _ in FAULTS[2:5]])
def test_file_in_doubt_has_answered_nothing_and_may_be_sent_again(
    face: Face, side: DisputeSide, dispute: str, fault: str, options: dict[str, Any]
) -> None:
    face.psp.fails(fault, operation="upload_file", **options)
    request = side.evidence(dispute)

    first, submissions = side.submits(request), side.submissions(dispute)
    again = side.submits(request)

    assert isinstance(first, NotSent)
    assert submissions == 0
    assert isinstance(again, Succeeded)
    assert side.submissions(dispute) == 1


@pytest.mark.parametrize("operation", ["submit_evidence", "accept_dispute"])
def test_rate_limit_turned_us_away(face: Face, side: DisputeSide, dispute: str, operation: str) -> None:
    face.psp.fails("status_429", operation=operation)

    outcome = (
        side.submits(side.evidence(dispute))
        if operation == "submit_evidence"
        else side.accepts(side.acceptance(dispute))
    )

    assert isinstance(outcome, NotSent)
    assert side.stands(dispute).status == "needs_response"


@pytest.mark.parametrize("kind", ["submit", "accept"])
def test_no_connection_is_not_sent(face: Face, side: DisputeSide, kind: str) -> None:
    face.credentials = replace(face.credentials, base_url=f"http://127.0.0.1:{closed_port()}")

    outcome = side.submits(side.evidence("D1")) if kind == "submit" else side.accepts(side.acceptance("D1"))

    assert isinstance(outcome, NotSent)


def test_log_of_a_submission_names_fields_and_never_what_they_say(
    face: Face, side: DisputeSide, dispute: str
) -> None:
    request = side.evidence(dispute, "Secret of Ada")

    call = face.connector.submit_dispute_evidence(face.credentials, request).call

    assert (call.operation, call.outcome) == ("submit_dispute_evidence", "succeeded")
    assert (call.request["dispute"], list(call.request["files"])) == (dispute, ["receipt"])
    assert call.request["texts"] == ["customer_name", "uncategorized_text"]
    assert "Ada" not in str([call.request, call.answer])
