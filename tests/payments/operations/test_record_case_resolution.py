"""Contradictions: two people take the PSP's truth, or keep ours, and the books follow."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from foundation.context import acting
from foundation.ids import new_id
from foundation.jobs.models import Job
from foundation.transactions import owns_transaction
from payments.models import (
    AttemptStatus,
    Case,
    CaseKind,
    CaseVerdict,
    IntentStatus,
    PaymentAttempt,
    PaymentIntent,
    Refund,
)
from payments.operations.ask_about_movement import ask_about_movement
from payments.operations.confirm_payment_intent import confirm_payment_intent
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.psp.outcomes import Declined, Unknown
from payments.steps.open_case import open_case
from tests.factories.books import assert_books_agree, statuses_of_attempts
from tests.factories.case_people import contradicted, resolves, taken
from tests.factories.later import look_after
from tests.factories.shop import Shop

V = CaseVerdict


@pytest.fixture(autouse=True)
def ada() -> Iterator[None]:
    with acting(actor="staff:ada"):
        yield


def absent(shop: Shop) -> PaymentIntent:
    """A charge that is proven not to have happened."""
    shop.psp.fails("error_before_booking")
    intent = shop.pays(10_00)
    look_after(11)
    look_after(63)
    assert statuses_of_attempts(shop) == [AttemptStatus.NOT_SENT]
    return shop.fresh(intent)


def test_the_psps_truth_about_a_charge_that_we_gave_up_posts_the_correction(shop: Shop) -> None:
    intent = absent(shop)
    case = contradicted(shop, intent, taken())

    resolves(shop, case)

    fresh = shop.fresh(intent)
    assert (fresh.status, fresh.amount_received_minor) == (IntentStatus.SUCCEEDED, 10_00)
    attempt = shop.attempt(intent)
    assert (attempt.psp_reference, attempt.psp_charge_reference) == ("pi_late", "ch_late")
    assert shop.ledger("income/sales") == 10_00
    assert shop.cases() == []


def test_keeping_our_books_closes_the_contradiction_and_moves_nothing(shop: Shop) -> None:
    intent = absent(shop)
    case = contradicted(shop, intent, taken())
    before = shop.balances()

    resolves(shop, case, V.KEEP_OURS)

    assert shop.balances() == before
    assert statuses_of_attempts(shop) == [AttemptStatus.NOT_SENT]
    assert shop.cases() == []


def test_charge_that_was_taken_beside_another_goes_back_in_full(shop: Shop) -> None:
    intent = absent(shop)
    lost = shop.attempt(intent)
    confirm_payment_intent(merchant_id=shop.id, payment_intent_id=intent.id, attempt_id=new_id())
    record_attempt_outcome(
        merchant_id=shop.id,
        payment_intent_id=intent.id,
        attempt_id=lost.id,
        outcome=taken(),
        call=None,
    )

    resolves(shop, Case.objects.for_merchant(shop.id).get())

    assert statuses_of_attempts(shop) == [AttemptStatus.RETURNED, AttemptStatus.SUCCEEDED]
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.ledger("income/sales") == 20_00
    refund = Refund.objects.for_merchant(shop.id).get()
    assert (refund.attempt_id, refund.amount_minor, refund.reason) == (lost.id, 10_00, "duplicate")
    assert Job.objects.filter(name="payments.execute_refund", merchant_id=shop.id).count() == 1


def test_charge_that_the_psp_never_took_is_reversed_and_owed_again(shop: Shop) -> None:
    intent = shop.pays(10_00)
    case = contradicted(shop, intent, Declined(code="card_declined", psp_reference="x"))

    resolves(shop, case, V.DID_NOT_HAPPEN)

    assert shop.fresh(intent).status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert shop.attempt(intent).status == AttemptStatus.RETURNED
    assert shop.ledger("income/sales") == 0
    assert shop.events()[-3:] == ["case.resolved", "payment_intent.payment_failed", "charge.failed"]


def test_hold_that_the_issuer_never_gave_is_released(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    case = contradicted(shop, intent, Declined(code="card_declined"))

    resolves(shop, case, V.DID_NOT_HAPPEN)

    assert shop.attempt(intent).status == AttemptStatus.DECLINED
    assert shop.ledger("memo/authorized") == 0


def test_contradiction_ends_by_itself_when_the_psp_asked_anew_agrees_with_us(shop: Shop) -> None:
    intent = shop.pays(10_00)
    contradicted(shop, intent, Declined(code="card_declined", psp_reference="x"))

    word = ask_about_movement(merchant_id=shop.id, kind="attempt", subject_id=shop.attempt(intent).id)

    assert word == "succeeded"
    assert shop.cases() == []
    assert_books_agree(shop)


def test_unknown_answers_do_not_close_a_contradiction(shop: Shop) -> None:
    intent = shop.pays(10_00)
    contradicted(shop, intent, Declined(code="card_declined", psp_reference="x"))

    contradicted(shop, intent, Unknown(reason="no_answer"))

    assert [kind for kind, _, _ in shop.cases()] == ["contradiction"]


def test_webhook_of_a_charge_that_nobody_knew_is_recorded_on_the_payment_that_people_name(
    shop: Shop,
) -> None:
    intent = absent(shop)
    attempt = shop.attempt(intent)
    case = stranger(shop)

    resolves(shop, case, V.HAPPENED, attempt_id=attempt.id)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert PaymentAttempt.objects.for_merchant(shop.id).get().psp_reference == "pi_stranger"
    assert shop.cases() == []


def stranger(shop: Shop) -> Case:
    @owns_transaction
    def opens(webhook_id: UUID) -> None:
        open_case(
            merchant_id=shop.id,
            kind=CaseKind.UNMATCHED,
            subject_kind="webhook",
            subject_id=webhook_id,
            payment_intent_id=None,
            evidence={"claimed": "captured", "claimed_reference": "pi_stranger"},
        )

    opens(new_id())
    return Case.objects.for_merchant(shop.id).get()
