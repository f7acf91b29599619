"""The Stripe connector against the sandbox: these files are the only place where Stripe's shapes are asserted.

Disputes and early fraud warnings: what is read of them, and what becomes of an answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from foundation.money import Money
from payments.psp.disputes import DisputeNews, EvidenceUpload, FraudWarningNews
from payments.psp.outcomes import Declined, NotSent, Succeeded, Unknown
from payments.psp.port import Answer, Credentials
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.scripted_psp import ScriptedPsp
from tests.payments.conftest import closed_port
from tests.payments.psp.claims import (
    acceptance_of,
    asked,
    at_psp,
    claims,
    evidence_for,
    told,
)
from tests.payments.psp.orders import USD, connector, refund_of

pytestmark = pytest.mark.django_db

DAY = 86_400


# --- What is read


def test_dispute_is_read_with_its_claim_its_deadline_and_its_money(
    psp: ScriptedPsp, credentials: Credentials, paid: Succeeded
) -> None:
    dispute = claims(psp, paid, reason="product_not_received")

    created, withdrawn = told(psp)

    assert (created.kind, created.event_type) == ("dispute", "charge.dispute.created")
    assert (created.psp_reference, created.psp_key) == (paid.psp_reference, "")
    news = created.dispute
    assert isinstance(news, DisputeNews)
    assert (news.psp_reference, news.status, news.stage) == (dispute, "needs_response", "chargeback")
    assert (news.amount, news.reason) == (Money(10_00, USD), "product_not_received")
    assert (news.network, news.network_reason_code) == ("visa", "13.1")
    assert news.evidence_due_at is not None
    assert timedelta(days=18) <= news.evidence_due_at - news.opened_at < timedelta(days=19)
    assert (news.is_charge_refundable, news.is_prevented, news.submission_count) == (False, False, 0)
    (movement,) = news.movements
    assert (movement.amount, movement.fee) == (Money(-10_00, USD), Money(15_00, USD))
    assert not movement.is_counter_fee
    assert movement.movement_id.startswith("txn_")
    assert withdrawn.event_type == "charge.dispute.funds_withdrawn"
    assert withdrawn.dispute == replace(news, told_at=withdrawn.dispute.told_at)  # type: ignore[union-attr]


def test_inquiry_into_a_dispute_says_what_its_event_said(
    psp: ScriptedPsp, credentials: Credentials, paid: Succeeded
) -> None:
    dispute = claims(psp, paid)
    created, _ = told(psp)

    answer = connector.inquire_dispute(credentials, dispute)

    assert answer.outcome is None
    assert answer.news is not None
    assert answer.news == replace(created.dispute, told_at=answer.news.told_at)  # type: ignore[type-var]
    assert (answer.call.operation, answer.call.outcome) == ("inquire_dispute", "succeeded")


def test_inquiry_of_an_issuer_is_a_stage_of_its_own_and_moves_nothing(
    psp: ScriptedPsp, credentials: Credentials, paid: Succeeded
) -> None:
    dispute = claims(psp, paid, stage="inquiry")

    news = asked(credentials, dispute)

    assert (news.status, news.stage, news.movements) == ("warning_needs_response", "inquiry", ())
    assert news.is_charge_refundable


def test_escalated_inquiry_is_a_chargeback_with_the_money_taken(
    psp: ScriptedPsp, credentials: Credentials, paid: Succeeded
) -> None:
    dispute = claims(psp, paid, stage="inquiry")
    connector.submit_dispute_evidence(credentials, evidence_for(dispute, "escalate_inquiry_evidence"))
    psp.time_passes(seconds=6)

    news = asked(credentials, dispute)

    assert (news.status, news.stage, len(news.movements)) == ("needs_response", "chargeback", 1)


def test_money_taken_again_after_it_came_back_is_a_second_chargeback(
    psp: ScriptedPsp, credentials: Credentials, paid: Succeeded
) -> None:
    dispute = claims(psp, paid)
    psp.decides(dispute, "won")
    won = asked(credentials, dispute)
    psp.decides(dispute, "second_chargeback")

    again = asked(credentials, dispute)

    assert (won.status, won.stage) == ("won", "chargeback")
    assert (again.status, again.stage) == ("needs_response", "second_chargeback")
    assert [movement.amount.amount_minor for movement in again.movements] == [-10_00, 10_00, -10_00]
    assert [movement.fee.amount_minor for movement in again.movements] == [15_00, 0, 0]


def test_counter_fee_is_told_from_the_fee_of_the_dispute_and_comes_back(
    psp: ScriptedPsp, credentials: Credentials, paid: Succeeded
) -> None:
    dispute = claims(psp, paid, counter_fee=7_00)
    connector.submit_dispute_evidence(credentials, evidence_for(dispute, "winning_evidence"))
    psp.time_passes(seconds=6)

    news = asked(credentials, dispute)

    assert [(m.amount.amount_minor, m.fee.amount_minor, m.is_counter_fee) for m in news.movements] == [
        (-10_00, 15_00, False),
        (0, 7_00, True),
        (10_00, -7_00, True),
    ]


def test_case_g11_lost_without_a_fee_is_prevented_and_lost_with_one_is_not(
    psp: ScriptedPsp, credentials: Credentials, authorize: Callable[..., Answer]
) -> None:
    settled = claims(psp, _paid(authorize), prevented=True)
    lost = claims(psp, _paid(authorize))
    psp.decides(lost, "lost")

    assert asked(credentials, settled).is_prevented
    assert asked(credentials, settled).status == "lost"
    assert not asked(credentials, lost).is_prevented


def test_part_of_a_charge_is_disputed_and_another_part_again(
    psp: ScriptedPsp, credentials: Credentials, paid: Succeeded
) -> None:
    amounts = [asked(credentials, claims(psp, paid, amount=amount)).amount for amount in (4_00, 9_00)]

    assert amounts == [Money(4_00, USD), Money(9_00, USD)]


def test_currency_without_decimals_is_read_as_it_counts(
    psp: ScriptedPsp, credentials: Credentials, authorize: Callable[..., Answer]
) -> None:
    dispute = claims(psp, _paid(authorize, amount=Money(5_000, "jpy")))

    news = asked(credentials, dispute)

    assert news.amount == Money(5_000, "jpy")
    assert news.movements[0].fee == Money(1_500, "jpy")


def test_early_fraud_warning_is_read_and_a_refund_ends_it(
    psp: ScriptedPsp, credentials: Credentials, paid: Succeeded
) -> None:
    warning = claims(psp, paid, fraud_warning=True)
    connector.refund(credentials, refund_of(paid, 10_00))

    first, then = told(psp)

    assert (first.kind, first.psp_reference) == ("fraud_warning", paid.psp_reference)
    assert isinstance(first.dispute, FraudWarningNews)
    assert isinstance(then.dispute, FraudWarningNews)
    assert (first.dispute.psp_reference, first.dispute.fraud_type) == (warning, "made_with_stolen_card")
    assert (first.dispute.is_actionable, then.dispute.is_actionable) == (True, False)


@pytest.mark.parametrize(
    "spoilt",
    [{"status": "invented"}, {"amount": None}, {"created": "soon"}, {"currency": "zzz"}],
    ids=str,
)
def test_dispute_that_can_not_be_read_is_still_news_of_one(
    psp: ScriptedPsp, paid: Succeeded, spoilt: dict[str, Any]
) -> None:
    shape = at_psp(psp, claims(psp, paid)) | spoilt
    event = {"id": "evt_1", "type": "charge.dispute.created", "created": 1, "data": {"object": shape}}
    news = connector.parse_webhook(json.dumps(event).encode())

    assert (news.kind, news.dispute, news.psp_reference) == ("dispute", None, paid.psp_reference)


# --- Answers


def test_evidence_arrives_with_its_files_under_their_fields_once(
    psp: ScriptedPsp, credentials: Credentials, paid: Succeeded
) -> None:
    dispute = claims(psp, paid)
    request = evidence_for(dispute)

    answers = [connector.submit_dispute_evidence(credentials, request) for _ in range(2)]

    assert [answer.outcome for answer in answers] == [
        Succeeded(psp_reference=dispute, amount=Money(10_00, USD))
    ] * 2
    shown = at_psp(psp, dispute)
    assert (shown["status"], shown["evidence_details"]["submission_count"]) == ("under_review", 1)
    assert shown["evidence"]["uncategorized_text"] == "See the receipt."
    assert shown["metadata"] == {"psp_key": request.psp_key}
    file = psp.sandbox.books.find("files", psp.key, shown["evidence"]["receipt"])
    assert file is not None
    assert (file.body["filename"], file.body["size"]) == ("receipt.pdf", 20)


def test_log_of_a_submission_names_fields_and_never_what_they_say(
    psp: ScriptedPsp, credentials: Credentials, paid: Succeeded
) -> None:
    dispute = claims(psp, paid)

    call = connector.submit_dispute_evidence(credentials, evidence_for(dispute, "Secret of Ada")).call

    assert call.operation == "submit_dispute_evidence"
    assert call.request["texts"] == ["customer_name", "uncategorized_text"]
    assert list(call.request["files"]) == ["receipt"]
    assert "Ada" not in json.dumps([call.request, call.answer])


def test_acceptance_is_a_loss(psp: ScriptedPsp, credentials: Credentials, paid: Succeeded) -> None:
    dispute = claims(psp, paid)

    answer = connector.accept_dispute(credentials, acceptance_of(dispute))

    assert answer.outcome == Succeeded(psp_reference=dispute, amount=Money(10_00, USD))
    assert at_psp(psp, dispute)["status"] == "lost"


@pytest.mark.parametrize(
    ("before", "code"),
    [("submitted", "dispute_already_answered"), ("lost", "dispute_closed"), ("won", "dispute_closed")],
)
@pytest.mark.parametrize("kind", ["submit", "accept"])
def test_refusal_says_what_the_psp_has_of_the_dispute(
    psp: ScriptedPsp, credentials: Credentials, paid: Succeeded, kind: str, before: str, code: str
) -> None:
    dispute = claims(psp, paid)
    if before == "submitted":
        connector.submit_dispute_evidence(credentials, evidence_for(dispute))
    else:
        psp.decides(dispute, before)

    answer = _answer(credentials, kind, dispute)

    assert isinstance(answer.outcome, Declined)
    assert answer.outcome.code == code
    assert answer.call.outcome == "declined"


def test_refusal_of_what_we_sent_ourselves_is_its_success(
    psp: ScriptedPsp, credentials: Credentials, paid: Succeeded
) -> None:
    """A day later the PSP has forgotten our key, and refuses the second sending of what it has."""
    dispute = claims(psp, paid)
    request = evidence_for(dispute)
    psp.fails("error_after_booking", operation="submit_evidence")
    assert isinstance(connector.submit_dispute_evidence(credentials, request).outcome, Unknown)
    psp.time_passes(seconds=DAY + 1)

    again = connector.submit_dispute_evidence(credentials, request)

    assert again.outcome == Succeeded(psp_reference=dispute, amount=Money(10_00, USD))
    assert at_psp(psp, dispute)["evidence_details"]["submission_count"] == 1


def test_file_that_the_psp_does_not_take_is_a_refusal_and_nothing_is_submitted(
    psp: ScriptedPsp, credentials: Credentials, paid: Succeeded
) -> None:
    dispute = claims(psp, paid)
    word = EvidenceUpload(filename="a.docx", content_type="application/zip", content=b"PK\x03\x04")

    answer = connector.submit_dispute_evidence(credentials, evidence_for(dispute, files={"receipt": word}))

    assert isinstance(answer.outcome, Declined)
    assert answer.call.operation == "upload_evidence_file"
    assert at_psp(psp, dispute)["status"] == "needs_response"


def test_upload_in_doubt_has_answered_nothing_and_may_be_sent_again(
    psp: ScriptedPsp, credentials: Credentials, paid: Succeeded
) -> None:
    dispute = claims(psp, paid)
    request = evidence_for(dispute)
    psp.fails("error_after_booking", operation="upload_file")

    first = connector.submit_dispute_evidence(credentials, request)
    again = connector.submit_dispute_evidence(credentials, request)

    assert first.outcome == NotSent(reason="upload_stripe_http_500")
    assert isinstance(again.outcome, Succeeded)
    assert psp.sandbox.books.row("SELECT COUNT(*) FROM files WHERE account = ?", (psp.key,)) == (1,)


@pytest.mark.parametrize("kind", ["submit", "accept"])
@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("timeout_after_booking", {"seconds": 2}),
        ("error_after_booking", {"status": 500}),
        ("error_before_booking", {"status": 502}),
        ("reset_after_booking", {}),
        ("garbage_after_booking", {"undecodable": 1}),
    ],
)
def test_lost_answer_is_unknown_and_the_same_key_brings_it_back(
    psp: ScriptedPsp,
    credentials: Credentials,
    paid: Succeeded,
    kind: str,
    fault: str,
    options: dict[str, Any],
) -> None:
    dispute = claims(psp, paid)
    psp.fails(fault, operation=_OPERATIONS[kind], **options)
    request = evidence_for(dispute) if kind == "submit" else acceptance_of(dispute)
    send: Any = connector.submit_dispute_evidence if kind == "submit" else connector.accept_dispute

    first, again = send(credentials, request), send(credentials, request)

    assert isinstance(first.outcome, Unknown)
    assert isinstance(again.outcome, Succeeded)


@pytest.mark.parametrize("kind", ["submit", "accept"])
def test_no_connection_is_not_sent(credentials: Credentials, kind: str) -> None:
    nowhere = replace(credentials, base_url=f"http://127.0.0.1:{closed_port()}")

    assert _answer(nowhere, kind, "du_1").outcome == NotSent(reason="no_connection")


def test_inquiry_that_is_not_understood_proves_nothing(psp: ScriptedPsp, credentials: Credentials) -> None:
    answer = connector.inquire_dispute(credentials, "du_nobody_knows")

    assert answer.news is None
    assert isinstance(answer.outcome, Unknown)
    assert answer.call.outcome == "unknown"


def test_deadline_that_has_passed_is_told_as_such(
    psp: ScriptedPsp, sandbox: Sandbox, credentials: Credentials, paid: Succeeded
) -> None:
    # What earlier tests let pass would be counted twice by a clock that travels: nobody may answer then any more.
    sandbox.clock.reset()
    dispute = claims(psp, paid, stage="inquiry")
    due = connector.inquire_dispute(credentials, dispute).news
    assert due is not None
    assert due.evidence_due_at is not None

    with time_machine.travel(due.evidence_due_at + timedelta(hours=1)):
        answer = connector.submit_dispute_evidence(credentials, evidence_for(dispute, files={}))

    assert isinstance(answer.outcome, Declined)
    assert answer.outcome.code == "deadline_passed"


_OPERATIONS = {"submit": "submit_evidence", "accept": "accept_dispute"}


def _answer(credentials: Credentials, kind: str, dispute: str) -> Answer:
    if kind == "accept":
        return connector.accept_dispute(credentials, acceptance_of(dispute))
    return connector.submit_dispute_evidence(credentials, evidence_for(dispute))


def _paid(authorize: Callable[..., Answer], **changes: Any) -> Succeeded:
    outcome = authorize(**changes).outcome
    assert isinstance(outcome, Succeeded)
    return outcome
