"""Debits at a PSP that can not be asked: its notifications decide, in whatever order they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.money import Money
from payments.models import (
    AttemptStatus,
    CaptureStatus,
    IntentStatus,
    Mandate,
    PaymentIntent,
    PspWebhook,
    RoutingDecision,
)
from payments.operations.create_payment_intent import create_payment_intent
from payments.operations.create_psp_account import create_psp_account
from payments.psp.methods import BANK_DEBITS, METHOD_TYPES
from payments.psp.sandbox.sandbox import Sandbox
from payments.steps.seal_token import sealed_token
from tests.factories.adyen import bank_token, item_of, open_adyen_shop, tell, told
from tests.factories.books import assert_all_decided, assert_books_agree, statuses_of_attempts
from tests.factories.later import DAY_SECONDS, look_after, look_until_settled
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import WEBHOOK_SECRET, Shop
from tests.payments.psp.contract.faces import BANK_CURRENCIES

pytestmark = pytest.mark.django_db

ANSWERED, CAME_BACK = 4 * DAY_SECONDS + 60, 10 * DAY_SECONDS


@pytest.fixture
def shop(db: None, sandbox: Sandbox) -> Iterator[Shop]:
    psp = ScriptedPsp(sandbox, key=f"AQE{new_id().hex}")
    yield open_adyen_shop(psp, deadline_seconds=1)
    psp.heals()


def pays(shop: Shop, method_type: str, ending: str = "success", **fields: Any) -> PaymentIntent:
    return shop.pays(10_00, BANK_CURRENCIES[method_type], token=bank_token(method_type, ending), **fields)


def news_arrives(shop: Shop) -> None:
    """Everything that Adyen has told so far, once more."""
    tell(shop, *told(shop.psp))
    run_due_jobs()


def answered(shop: Shop) -> None:
    shop.psp.time_passes(seconds=ANSWERED)
    news_arrives(shop)


# --- Debits


@pytest.mark.parametrize("method_type", BANK_DEBITS)
def test_debit_is_processing_for_days_and_then_paid(shop: Shop, method_type: str) -> None:
    intent = pays(shop, method_type)
    news_arrives(shop)
    look_until_settled()

    assert (shop.fresh(intent).status, shop.attempt(intent).status) == (
        IntentStatus.PROCESSING,
        AttemptStatus.PENDING,
    )
    assert shop.balances() == {}
    answered(shop)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.ledger("income/sales", intent.currency) == 10_00
    assert_all_decided(shop)
    assert shop.cases() == []
    assert_books_agree(shop)


@pytest.mark.parametrize("method_type", BANK_DEBITS)
def test_debit_that_the_bank_refuses_ends_declined_and_moves_nothing(shop: Shop, method_type: str) -> None:
    intent = pays(shop, method_type, "failed")

    answered(shop)

    fresh = shop.fresh(intent)
    assert fresh.status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert fresh.last_payment_error["decline_code"] == "insufficient_funds"
    assert statuses_of_attempts(shop) == [AttemptStatus.DECLINED]
    assert shop.balances() == {}
    assert_books_agree(shop)


@pytest.mark.parametrize("method_type", BANK_DEBITS)
def test_debit_that_comes_back_is_reversed_once_and_is_no_dispute(shop: Shop, method_type: str) -> None:
    intent = pays(shop, method_type, "returned")
    answered(shop)
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED

    shop.psp.time_passes(seconds=CAME_BACK)
    news_arrives(shop)
    news_arrives(shop)

    fresh = shop.fresh(intent)
    assert fresh.status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert fresh.last_payment_error["code"] == "insufficient_funds"
    assert statuses_of_attempts(shop) == [AttemptStatus.RETURNED]
    [capture] = shop.attempt(intent).captures.all()
    assert capture.status == CaptureStatus.RETURNED
    assert shop.ledger("income/sales", intent.currency) == 0
    assert shop.events().count("charge.failed") == 1
    assert "psp.dispute_reported" not in shop.events()
    assert shop.cases() == []
    assert_books_agree(shop)


def test_return_that_overtakes_the_news_of_its_payment_tells_of_both(shop: Shop) -> None:
    intent = pays(shop, "sepa_debit", "returned")
    for seconds in (ANSWERED, CAME_BACK):
        shop.psp.time_passes(seconds=seconds)

    tell(shop, *told(shop.psp, "CHARGEBACK"))
    run_due_jobs()
    tell(shop, *told(shop.psp, "AUTHORISATION"))
    run_due_jobs()

    assert shop.attempt(intent).status == AttemptStatus.RETURNED
    assert shop.cases() == []
    assert_books_agree(shop)


def test_chargeback_of_a_part_is_left_to_the_disputes(shop: Shop) -> None:
    intent = pays(shop, "sepa_debit")
    answered(shop)
    reference = shop.attempt(intent).psp_reference

    part = item_of(
        "CHARGEBACK",
        originalReference=reference,
        amount={"currency": "EUR", "value": 4_00},
        pspReference="D1",
    )
    tell(shop, part)
    run_due_jobs()

    assert shop.attempt(intent).status == AttemptStatus.SUCCEEDED
    assert PspWebhook.objects.for_merchant(shop.id).get(event_type="CHARGEBACK").result == "passed_up"


def test_chargeback_of_a_card_is_a_dispute_whatever_it_says_of_the_method(shop: Shop) -> None:
    """What a notification says of the method is not signed."""
    intent = shop.pays(10_00)
    item = item_of(
        "CHARGEBACK",
        originalReference=shop.attempt(intent).psp_reference,
        paymentMethod="sepadirectdebit",
        pspReference="D2",
        additionalData={"chargebackReasonCode": "AM04"},
    )

    tell(shop, item)
    run_due_jobs()

    assert shop.attempt(intent).status == AttemptStatus.SUCCEEDED
    assert "psp.dispute_reported" in shop.events()


def test_debit_keeps_its_mandate(shop: Shop) -> None:
    intent = pays(shop, "sepa_debit")

    mandate = Mandate.objects.for_merchant(shop.id).get()
    attempt = shop.attempt(intent)
    assert (attempt.mandate_id, mandate.psp_reference) == (mandate.id, attempt.psp_reference)


def test_debit_whose_answer_was_lost_is_found_by_its_first_notification(shop: Shop) -> None:
    shop.psp.fails("reset_after_booking")
    intent = pays(shop, "us_bank_account")
    assert shop.attempt(intent).status == AttemptStatus.UNKNOWN

    tell(shop, *told(shop.psp, "PENDING"))
    run_due_jobs()

    assert shop.attempt(intent).status == AttemptStatus.PENDING
    answered(shop)
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.psp.charges() == 1
    assert_all_decided(shop)
    assert_books_agree(shop)


def test_debit_is_not_sent_again_before_its_notification_is_overdue(shop: Shop) -> None:
    """The rule against a reference used twice looks at what was authorised, which a debit is not for days."""
    shop.psp.fails("reset_after_booking")
    shop.psp.fails("forget_key", times=5)
    intent = pays(shop, "us_bank_account")

    look_after(11)
    look_after(31)

    assert shop.attempt(intent).unknown_reason
    assert shop.psp.struck() == [1, 0]
    answered(shop)
    look_until_settled()
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


def test_debit_that_no_bank_ever_answers_is_put_before_a_person(shop: Shop) -> None:
    intent = pays(shop, "us_bank_account")

    look_after(31 * DAY_SECONDS)

    assert shop.attempt(intent).status == AttemptStatus.PENDING
    assert [(kind, evidence["reason"]) for kind, _, evidence in shop.cases()] == [
        ("in_doubt", "pending_too_long")
    ]


# --- What the PSP takes by itself


def test_money_that_was_taken_at_once_and_then_did_not_come_is_reversed(shop: Shop) -> None:
    intent = shop.pays(10_00)
    attempt = shop.attempt(intent)
    told_of = {
        "merchantReference": attempt.psp_key,
        "originalReference": attempt.psp_reference,
        "pspReference": "CAPTUREOFITSOWN1",
    }
    tell(shop, item_of("CAPTURE", **told_of))
    run_due_jobs()
    assert shop.cases() == []

    for _ in range(2):
        tell(shop, item_of("CAPTURE_FAILED", reason="Capture failed", **told_of))
        run_due_jobs()

    assert shop.attempt(intent).status == AttemptStatus.RETURNED
    assert shop.ledger("income/sales") == 0
    assert shop.cases() == []


def test_capture_that_nobody_here_asked_for_comes_before_a_person(shop: Shop) -> None:
    attempt = shop.attempt(shop.authorizes(10_00))

    tell(
        shop,
        item_of("CAPTURE", merchantReference=attempt.psp_key, originalReference=attempt.psp_reference),
    )
    run_due_jobs()
    look_after(700)

    assert [kind for kind, _, _ in shop.cases()] == ["unmatched"]
    assert shop.ledger("income/sales") == 0


# --- Routing


def test_routing_may_choose_adyen_for_a_debit(shop: Shop) -> None:
    method = shop.method(bank_token("sepa_debit"))
    second = ScriptedPsp(shop.psp.sandbox, key=f"sk_test_{new_id().hex}")
    stripe = create_psp_account(
        merchant_id=shop.id,
        psp="stripe",
        name="Second",
        secret_key=second.key,
        webhook_secret=WEBHOOK_SECRET,
        base_url=second.base_url,
        priority=10,
        payment_method_types=["card"],
    )
    sealed_token(method, stripe, "pm_sepaDebit_success").save(force_insert=True)

    intent = create_payment_intent(
        merchant_id=shop.id,
        payment_intent_id=new_id(),
        amount=Money(10_00, "eur"),
        payment_method_id=method.id,
        confirm=True,
    ).intent

    assert shop.attempt(intent).psp_account_id == shop.account.id
    assert "does not take sepa_debit" in str(RoutingDecision.objects.for_merchant(shop.id).get().considered)


def test_every_connector_takes_every_method_of_the_api() -> None:
    from payments.api.inputs import PAYMENT_METHOD_TYPES

    assert {name: sorted(types) for name, types in METHOD_TYPES.items()} == {
        name: sorted(PAYMENT_METHOD_TYPES) for name in ("adyen", "stripe")
    }
