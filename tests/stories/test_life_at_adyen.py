"""The life of a payment at a PSP that answers modifications later, told through our API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.money import Money
from foundation.tenancy.operations import create_api_key
from payments.models import (
    AttemptStatus,
    Capture,
    CaptureStatus,
    CaseKind,
    IntentStatus,
    PaymentAttempt,
    Refund,
    RefundStatus,
)
from payments.operations.attach_payment_method import attach_payment_method
from payments.operations.create_customer import create_customer
from payments.operations.create_payment_intent import create_payment_intent
from payments.operations.execute_attempt import execute_attempt
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.adyen import HMAC_KEY, comes_back, envelope, item_of, open_adyen_shop, post, tell, told
from tests.factories.books import assert_all_decided, assert_books_agree, statuses_of_attempts
from tests.factories.later import look_after, look_until_settled
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop
from tests.payments.api.conftest import CheckedCaller

CHALLENGED = "pm_card_authenticationRequired"


@pytest.fixture
def psp(sandbox: Sandbox) -> Iterator[ScriptedPsp]:
    scripted = ScriptedPsp(sandbox, key=f"AQE{new_id().hex}")
    yield scripted
    scripted.heals()


@pytest.fixture
def shop(db: None, psp: ScriptedPsp) -> Shop:
    return open_adyen_shop(psp)


@pytest.fixture
def api(shop: Shop) -> CheckedCaller:
    return CheckedCaller(create_api_key(merchant_id=shop.id).secret)


def news_arrives(shop: Shop) -> None:
    """Adyen works off what it received, and tells; everything it ever told comes once more with it."""
    shop.psp.time_passes(seconds=3)
    tell(shop, *told(shop.psp))
    run_due_jobs()


def test_challenged_captured_and_refunded_through_the_api(shop: Shop, api: CheckedCaller) -> None:
    created = api.post_form(
        "/v1/payment_intents",
        {"capture_method": "manual", "metadata[order]": "581587"},
        amount=40_00,
        currency="usd",
        payment_method=shop.method(CHALLENGED).public_id,
        confirm="true",
        return_url="https://shop.example.com/done?cart=7",
    )
    assert created["status"] == "requires_action"
    assert_books_agree(shop)

    came = Client().get(
        f"/psp/returns/{PaymentAttempt.objects.for_merchant(shop.id).get().public_id}/",
        {"redirectResult": comes_back(shop.psp, created["next_action"]["redirect_to_url"]["url"])},
    )

    assert came.status_code == 302
    assert came["Location"] == (
        f"https://shop.example.com/done?cart=7&payment_intent={created['id']}&redirect_status=succeeded"
    )
    held = api.get(f"/v1/payment_intents/{created['id']}").json()
    assert (held["status"], held["amount_capturable"]) == ("requires_capture", 40_00)
    assert_books_agree(shop)

    captured = api.post_form(f"/v1/payment_intents/{created['id']}/capture", amount_to_capture=30_00)
    assert (captured["status"], captured["amount_received"]) == ("requires_capture", 0)
    assert Capture.objects.for_merchant(shop.id).get().status == CaptureStatus.PENDING
    assert shop.ledger("income/sales") == 0

    news_arrives(shop)

    paid = api.get(f"/v1/payment_intents/{created['id']}").json()
    assert (paid["status"], paid["amount_received"]) == ("succeeded", 30_00)
    assert shop.ledger("income/sales") == 30_00
    assert_books_agree(shop)

    refund = api.post_form("/v1/refunds", payment_intent=created["id"], amount=12_00)
    assert refund["status"] == "pending"
    assert shop.ledger("income/refunds") == 0

    news_arrives(shop)

    assert api.get(f"/v1/refunds/{refund['id']}").json()["status"] == "succeeded"
    assert shop.ledger("income/refunds") == 12_00
    assert shop.ledger("psp_clearing") == 18_00
    assert_all_decided(shop)
    assert_books_agree(shop)
    assert shop.cases() == []


def test_charge_that_is_taken_at_once(shop: Shop) -> None:
    intent = shop.pays(25_00)

    news_arrives(shop)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert_all_decided(shop)
    assert_books_agree(shop)


def test_decline_then_another_card(shop: Shop, api: CheckedCaller) -> None:
    declined = api.post_form(
        "/v1/payment_intents",
        amount=40_00,
        currency="usd",
        payment_method=shop.method("pm_card_chargeDeclinedInsufficientFunds").public_id,
        confirm="true",
    )
    assert declined["error"]["decline_code"] == "insufficient_funds"

    paid = api.post_form(
        f"/v1/payment_intents/{declined['error']['payment_intent']['id']}/confirm",
        payment_method=shop.method().public_id,
    )

    assert paid["status"] == "succeeded"
    news_arrives(shop)
    assert statuses_of_attempts(shop) == [AttemptStatus.DECLINED, AttemptStatus.SUCCEEDED]
    assert_books_agree(shop)


@pytest.mark.parametrize("passed", [True, False])
def test_customer_who_comes_back_twice_is_charged_once(shop: Shop, passed: bool) -> None:
    intent = shop.pays(token=CHALLENGED)
    url = f"/psp/returns/{shop.attempt(intent).public_id}/"
    brought = {
        "redirectResult": comes_back(shop.psp, intent.next_action["redirect_to_url"]["url"], passed=passed)
    }

    answers = [Client().get(url, brought) for _ in range(2)]

    word = "succeeded" if passed else "failed"
    assert all(f"redirect_status={word}" in answer["Location"] for answer in answers)
    assert shop.psp.charges() == int(passed)
    assert_books_agree(shop)


def test_stranger_who_brings_nonsense_changes_nothing(shop: Shop) -> None:
    intent = shop.pays(token=CHALLENGED)

    came = Client().get(f"/psp/returns/{shop.attempt(intent).public_id}/", {"redirectResult": "made up"})

    assert came.status_code == 302
    assert shop.fresh(intent).status == IntentStatus.REQUIRES_ACTION
    assert shop.attempt(intent).status == AttemptStatus.REQUIRES_ACTION


@pytest.mark.parametrize("address", ["ch_nobody", "pi_0350xZeU8Nsj1smAnvese8", f"ch_{'z' * 200}", "nonsense"])
def test_nobody_comes_back_to_what_does_not_exist(shop: Shop, address: str) -> None:
    assert Client().get(f"/psp/returns/{address}/").status_code == 404


def test_card_kept_at_adyen_is_charged_without_the_customer(shop: Shop) -> None:
    customer = create_customer(merchant_id=shop.id, customer_id=new_id(), name="Ada")
    method = shop.method()
    attach_payment_method(merchant_id=shop.id, payment_method_id=method.id, customer_id=customer.id)

    created = create_payment_intent(
        merchant_id=shop.id,
        payment_intent_id=new_id(),
        amount=Money(10_00, "usd"),
        customer_id=customer.id,
        payment_method_id=method.id,
        confirm=True,
        off_session=True,
    )
    assert created.order is not None
    intent = execute_attempt(merchant_id=shop.id, attempt_id=created.order.attempt_id, order=created.order)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    news_arrives(shop)
    assert_books_agree(shop)


def test_void_is_pending_until_adyen_says_so(shop: Shop) -> None:
    intent = shop.authorizes()
    shop.cancels(intent)
    assert shop.attempt(intent).status == AttemptStatus.AUTHORIZED

    news_arrives(shop)

    assert shop.fresh(intent).status == IntentStatus.CANCELED
    assert shop.attempt(intent).status == AttemptStatus.VOIDED
    assert_books_agree(shop)


@pytest.mark.parametrize("operation", ["capture", "refund", "cancel"])
def test_what_adyen_received_and_then_refused_moves_no_money(shop: Shop, operation: str) -> None:
    shop.psp.fails("modification_fails", operation=operation)
    intent = shop.pays() if operation == "refund" else shop.authorizes()
    if operation == "capture":
        shop.captures(intent)
    elif operation == "refund":
        shop.gives_back(intent)
    else:
        shop.cancels(intent)
    before = shop.balances()

    news_arrives(shop)

    assert shop.balances() == before
    assert_books_agree(shop)
    if operation == "capture":
        assert Capture.objects.for_merchant(shop.id).get().status == CaptureStatus.FAILED
        shop.captures(intent)
        news_arrives(shop)
        assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    if operation == "refund":
        assert Refund.objects.for_merchant(shop.id).get().status == RefundStatus.FAILED
    assert_books_agree(shop)


def test_refund_that_a_bank_returns_days_later(shop: Shop) -> None:
    shop.psp.fails("refund_returned", operation="refund", seconds=3 * 86_400)
    refund = shop.gives_back(shop.pays(), 4_00)
    news_arrives(shop)
    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED

    shop.psp.time_passes(seconds=4 * 86_400)
    news_arrives(shop)

    assert shop.fresh(refund).status == RefundStatus.FAILED
    assert shop.ledger("income/refunds") == 0
    assert_books_agree(shop)


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("timeout_after_booking", {"seconds": 2}),
    ("timeout_before_booking", {"seconds": 2}),
    ("error_after_booking", {}),
    ("error_before_booking", {}),
    ("reset_after_booking", {}),
    ("reset_before_booking", {}),
    ("garbage_after_booking", {}),
    ("status_429", {}),
]


@pytest.mark.parametrize("is_told", [True, False], ids=["news first", "question first"])
@pytest.mark.parametrize("operation", ["authorize", "capture", "cancel", "refund"])
@pytest.mark.parametrize(("fault", "options"), FAULTS, ids=[name for name, _ in FAULTS])
def test_books_agree_after_healing_whatever_befell_the_call(
    psp: ScriptedPsp, db: None, operation: str, fault: str, options: dict[str, Any], is_told: bool
) -> None:
    shop = open_adyen_shop(psp, deadline_seconds=1)
    psp.fails(fault, operation=operation, **options)

    intent = shop.pays(10_00) if operation in ("authorize", "refund") else shop.authorizes(10_00)
    if operation == "capture":
        shop.captures(intent, 4_00, is_final=False)
    elif operation == "refund":
        shop.gives_back(intent, 4_00)
    elif operation == "cancel":
        shop.cancels(intent)
    if is_told:
        news_arrives(shop)
    look_until_settled()
    # What was asked for during those looks is worked off by the sandbox's clock, which they had moved.
    psp.time_passes(seconds=3 * 3_600)
    news_arrives(shop)
    look_until_settled()

    assert shop.psp.charges() <= 1
    assert_all_decided(shop)
    assert_books_agree(shop)


def test_second_movement_under_one_key_comes_before_a_person(shop: Shop) -> None:
    intent = shop.pays()
    key = shop.attempt(intent).psp_key

    tell(shop, item_of("AUTHORISATION", merchantReference=key, pspReference="ANOTHERPAYMENT01"))
    run_due_jobs()

    assert [kind for kind, _, _ in shop.cases()] == [CaseKind.UNMATCHED]
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED


def test_forged_notification_moves_nothing(shop: Shop) -> None:
    intent = shop.authorizes()
    capture = shop.captures(intent)
    before = shop.footprint()
    forged = item_of("CAPTURE", merchantReference=capture.psp_key, pspReference=capture.psp_reference)

    answer = post(shop, envelope(forged, key=HMAC_KEY[::-1]))

    assert answer.status_code == 400
    run_due_jobs()
    assert shop.footprint() == before
    assert shop.fresh(capture).status == CaptureStatus.PENDING


def test_authorization_that_expires_at_adyen_expires_here(shop: Shop) -> None:
    intent = shop.authorizes()

    shop.psp.time_passes(seconds=7 * 86_400 + 60)
    news_arrives(shop)

    assert shop.attempt(intent).status == AttemptStatus.EXPIRED
    assert_books_agree(shop)


def test_authorization_nobody_was_told_the_end_of_is_let_go(shop: Shop) -> None:
    intent = shop.authorizes()

    look_after(7 * 86_400 + 60)
    shop.psp.time_passes(seconds=8 * 86_400)
    tell(shop, *told(shop.psp, "CANCELLATION"))
    run_due_jobs()

    assert shop.attempt(intent).status == AttemptStatus.VOIDED
    assert_books_agree(shop)
