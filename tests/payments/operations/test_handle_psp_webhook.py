"""What a PSP tells us: in any order, any number of times, before and after the answer, a state only moves up."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest

from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.money import Money
from payments.models import AttemptStatus, IntentStatus, PspWebhook, RefundStatus
from payments.operations.create_payment_intent import create_payment_intent
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.psp.registry import connector_for
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import later, look_after
from tests.factories.psp_news import payment_event, tell, told
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop

SUCCEEDED, FAILED = "payment_intent.succeeded", "payment_intent.payment_failed"
HELD, CANCELED = "payment_intent.amount_capturable_updated", "payment_intent.canceled"


def results(shop: Shop) -> list[str]:
    rows = PspWebhook.objects.for_merchant(shop.id).order_by("id")
    return list(rows.values_list("result", flat=True))


def test_webhook_of_a_charge_with_a_lost_answer_settles_it_at_once(shop: Shop) -> None:
    shop.psp.fails("error_after_booking")
    intent = shop.pays(10_00)
    assert intent.status == IntentStatus.PROCESSING

    tell(shop, *told(shop, SUCCEEDED))
    run_due_jobs()

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert results(shop) == ["asked"]
    assert_books_agree(shop)
    assert_all_decided(shop)


def test_webhook_before_our_answer_waits_for_it(shop: Shop) -> None:
    created = create_payment_intent(
        merchant_id=shop.id,
        payment_intent_id=new_id(),
        amount=Money(10_00, "usd"),
        payment_method_id=shop.method().id,
        confirm=True,
    )
    order = created.order
    assert order is not None
    answer = connector_for("stripe").authorize(order.credentials, order.request)

    tell(shop, *told(shop, SUCCEEDED))
    run_due_jobs()
    assert shop.attempt(created.intent).status == AttemptStatus.SUBMITTING
    assert results(shop) == [""]
    record_attempt_outcome(
        merchant_id=shop.id,
        payment_intent_id=created.intent.id,
        attempt_id=order.attempt_id,
        outcome=answer.outcome,
        call=answer.call,
    )
    look_after(6)

    assert results(shop) == ["known"]
    assert shop.events().count("payment_intent.succeeded") == 1
    assert_books_agree(shop)


def test_webhook_of_a_call_whose_caller_died_is_not_kept_waiting(shop: Shop) -> None:
    created = create_payment_intent(
        merchant_id=shop.id,
        payment_intent_id=new_id(),
        amount=Money(10_00, "usd"),
        payment_method_id=shop.method().id,
        confirm=True,
    )
    assert created.order is not None
    connector_for("stripe").authorize(created.order.credentials, created.order.request)
    tell(shop, *told(shop, SUCCEEDED))

    look_after(17)

    assert shop.fresh(created.intent).status == IntentStatus.SUCCEEDED
    assert_books_agree(shop)


def test_webhook_of_what_is_known_changes_nothing(shop: Shop) -> None:
    intent = shop.pays(10_00)
    before = shop.footprint()

    tell(shop, *told(shop, SUCCEEDED, "charge.succeeded"))
    run_due_jobs()

    after = shop.footprint()
    assert {**after, "jobs": 0} == {**before, "jobs": 0}
    assert set(results(shop)) == {"known"}
    assert PspWebhook.objects.for_merchant(shop.id).first().payment_intent_id == intent.id  # type: ignore[union-attr]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_events_of_a_payment_in_any_order_lead_to_the_same_end(shop: Shop, order: tuple[int, ...]) -> None:
    shop.psp.fails("error_after_booking")
    intent = shop.pays(10_00)
    [success] = told(shop, SUCCEEDED)
    shape = success["data"]["object"]
    processing = payment_event(
        "payment_intent.processing", "evt_processing", **shape | {"status": "processing"}
    )
    failed = payment_event(
        FAILED,
        "evt_failed",
        **shape | {"status": "requires_payment_method", "last_payment_error": {"code": "card_declined"}},
    )
    events = [success, processing, failed]

    for position in order:
        tell(shop, events[position])
        run_due_jobs()

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


def test_failure_told_after_a_success_lowers_nothing_and_asks_a_person(shop: Shop) -> None:
    intent = shop.pays(10_00)
    [success] = told(shop, SUCCEEDED)
    shape = success["data"]["object"] | {
        "status": "requires_payment_method",
        "last_payment_error": {"code": "card_declined"},
    }

    for event_id in ("evt_a", "evt_b"):
        tell(shop, payment_event(FAILED, event_id, **shape))
    run_due_jobs()

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert [(kind, evidence["psp_says"]) for kind, _, evidence in shop.cases()] == [
        ("contradiction", "declined")
    ]
    assert_books_agree(shop)


def test_expiry_told_by_the_psp_releases_the_hold(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.time_passes(seconds=7 * 86_400 + 5)

    tell(shop, *told(shop, CANCELED, "charge.expired"))
    run_due_jobs()

    assert shop.fresh(intent).status == IntentStatus.CANCELED
    assert shop.attempt(intent).status == AttemptStatus.EXPIRED
    assert_books_agree(shop)


def test_webhook_of_a_capture_with_a_lost_answer_settles_it(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.fails("error_after_booking", operation="capture")
    shop.captures(intent, 8_00)

    tell(shop, *told(shop, SUCCEEDED))
    run_due_jobs()

    assert shop.fresh(intent).amount_received_minor == 8_00
    assert shop.cases() == []
    assert_books_agree(shop)


def test_capture_that_nobody_of_ours_asked_for_is_put_before_a_person(shop: Shop) -> None:
    import stripe

    intent = shop.authorizes(10_00)
    client = stripe.StripeClient(shop.psp.key, base_addresses={"api": shop.psp.base_url})
    client.v1.payment_intents.capture(shop.attempt(intent).psp_reference)

    tell(shop, *told(shop, SUCCEEDED))
    run_due_jobs()

    [(kind, about, evidence)] = shop.cases()
    assert (kind, about) == ("contradiction", "attempt")
    assert evidence["recorded"] == "authorized"
    assert shop.ledger("income/sales") == 0


def test_returned_refund_told_by_the_psp_reverses_the_ledger(shop: Shop) -> None:
    intent = shop.pays(10_00, token="pm_card_refundFail")
    refund = shop.gives_back(intent, 4_00)
    shop.psp.time_passes(seconds=10)

    tell(shop, *told(shop, "refund.failed", "refund.updated"))
    run_due_jobs()

    assert shop.fresh(refund).status == RefundStatus.FAILED
    assert shop.ledger("income/refunds") == 0
    assert shop.cases() == []
    assert_books_agree(shop)


def test_pending_refund_that_arrives_is_booked_by_its_webhook(shop: Shop) -> None:
    intent = shop.pays(10_00, token="pm_card_pendingRefund")
    refund = shop.gives_back(intent, 4_00)
    shop.psp.time_passes(seconds=10)

    tell(shop, *told(shop, "refund.updated"))
    run_due_jobs()

    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert_books_agree(shop)


def test_event_about_nothing_of_ours_waits_ten_minutes_and_is_closed(shop: Shop) -> None:
    before = shop.footprint()
    tell(shop, payment_event(SUCCEEDED))

    run_due_jobs()
    assert results(shop) == [""]
    with later(590):
        run_due_jobs()
    assert results(shop) == [""]
    with later(640):
        run_due_jobs()

    assert results(shop) == ["unmatched"]
    after = shop.footprint()
    assert {**after, "jobs": 0} == {**before, "jobs": 0}


def test_event_of_a_kind_that_we_do_not_follow_is_closed_at_once(shop: Shop) -> None:
    event = payment_event("customer.updated") | {"data": {"object": {"id": "cus_1", "object": "customer"}}}
    tell(shop, event)

    run_due_jobs()

    assert results(shop) == ["not_ours"]


def test_event_at_another_account_cannot_touch_our_payment(shop: Shop, sandbox: Any) -> None:
    other = open_shop(ScriptedPsp(sandbox, key=f"sk_test_{new_id().hex}"), name="Coffee shop")
    shop.psp.fails("error_after_booking")
    intent = shop.pays(10_00)

    tell(other, *told(shop, SUCCEEDED))
    run_due_jobs()

    assert shop.fresh(intent).status == IntentStatus.PROCESSING
    assert results(other) == [""]


# --- 3-D Secure


@pytest.fixture
def challenged(shop: Shop) -> Iterator[tuple[Any, str]]:
    intent = shop.pays(10_00, token="pm_card_authenticationRequired")
    assert intent.status == IntentStatus.REQUIRES_ACTION
    assert intent.next_action["type"] == "redirect_to_url"
    yield intent, intent.next_action["redirect_to_url"]["url"]


@pytest.mark.parametrize("by", ["webhook", "look"])
def test_passed_challenge_takes_the_money(shop: Shop, challenged: tuple[Any, str], by: str) -> None:
    intent, url = challenged
    assert shop.psp.charges() == 0
    shop.psp.completes_challenge(url)

    hear(shop, by, SUCCEEDED)

    paid = shop.fresh(intent)
    assert (paid.status, paid.next_action) == (IntentStatus.SUCCEEDED, None)
    assert shop.attempt(intent).card_facts["three_d_secure_result"] == "authenticated"
    assert_books_agree(shop)
    assert_all_decided(shop)


@pytest.mark.parametrize("by", ["webhook", "look"])
def test_failed_challenge_asks_for_another_method(shop: Shop, challenged: tuple[Any, str], by: str) -> None:
    intent, url = challenged
    shop.psp.fails_challenge(url)

    hear(shop, by, FAILED)

    declined = shop.fresh(intent)
    assert declined.status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert declined.last_payment_error["code"] == "payment_intent_authentication_failure"
    assert shop.psp.charges() == 0
    assert_books_agree(shop)


@pytest.mark.parametrize("by", ["webhook", "look"])
def test_passed_challenge_of_a_manual_payment_holds_the_amount(shop: Shop, by: str) -> None:
    intent = shop.authorizes(10_00, token="pm_card_authenticationRequired")
    shop.psp.completes_challenge(intent.next_action["redirect_to_url"]["url"])

    hear(shop, by, HELD)

    assert shop.fresh(intent).status == IntentStatus.REQUIRES_CAPTURE
    assert_books_agree(shop)


def test_challenge_that_nobody_answers_stays_open_and_is_asked_about(
    shop: Shop, challenged: tuple[Any, str]
) -> None:
    intent, _ = challenged

    for seconds in (11, 31, 130, 4_000):
        look_after(seconds)

    assert shop.fresh(intent).status == IntentStatus.REQUIRES_ACTION
    assert shop.attempt(intent).next_check_at is not None
    assert shop.events().count("payment_intent.requires_action") == 1


def hear(shop: Shop, by: str, type_: str) -> None:
    if by == "look":
        look_after(11)
    else:
        tell(shop, *told(shop, type_))
        run_due_jobs()
