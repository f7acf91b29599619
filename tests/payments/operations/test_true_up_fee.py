"""Fees as the PSP's statement says them: late ones, also of an earlier capture, and ones that differ."""

from __future__ import annotations

import io
from typing import Any

import pytest

from foundation.ids import new_id
from foundation.money import Money
from ledger.queries.verify import verify_books
from ledger.reconciliation.operations.import_settlement import import_settlement
from payments.models import Capture, PaymentAttempt, PaymentIntent
from payments.operations.answer_missing_line import answer_missing_line
from payments.operations.record_capture_outcome import record_capture_outcome
from payments.operations.request_capture import request_capture
from payments.operations.true_up_fee import true_up_fee
from payments.psp.outcomes import Succeeded
from payments.psp.registry import connector_for
from payments.queries.psp_orders import capture_request, credentials_of
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import look_after
from tests.factories.missing_lines import missing_line
from tests.factories.scripted_psp import running_sandbox
from tests.factories.settling import answer_news, import_file, open_breaks, reconciled
from tests.factories.shop import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def sandbox() -> Any:
    """A sandbox whose clock no other test has moved: dates are compared here."""
    with running_sandbox() as sandbox:
        yield sandbox


def captured_in_silence(shop: Shop, intent: PaymentIntent, amount: int) -> Capture:
    """A part is captured, and the PSP says nothing of its fee."""
    capture = request_capture(
        merchant_id=shop.id,
        payment_intent_id=intent.id,
        capture_id=new_id(),
        amount=Money(amount, "usd"),
        is_final=False,
    )
    attempt = shop.attempt(intent)
    connector_for("stripe").capture(credentials_of(attempt.psp_account), capture_request(capture, attempt))
    silent = Succeeded(
        psp_reference=attempt.psp_reference,
        psp_charge_reference=attempt.psp_charge_reference,
        amount=Money(amount, "usd"),
        captured=Money(amount, "usd"),
    )
    return record_capture_outcome(merchant_id=shop.id, capture_id=capture.id, outcome=silent, call=None)


def fees(shop: Shop, *captures: Capture) -> list[int | None]:
    return [shop.fresh(capture).fee_minor for capture in captures]


# --- The fee of an earlier capture


def test_late_fee_of_an_earlier_capture_is_asked_for_and_booked(shop: Shop) -> None:
    intent = shop.authorizes(90_00)
    first = captured_in_silence(shop, intent, 40_00)
    second = captured_in_silence(shop, intent, 20_00)
    third = shop.captures(intent, 10_00)

    look_after(11)

    assert fees(shop, first, second, third) == [146, 88, 59]
    assert shop.attempt(intent).fee_minor == 146 + 88 + 59
    assert_books_agree(shop)
    assert_all_decided(shop)


def test_late_fees_of_equal_captures_are_each_booked(shop: Shop) -> None:
    intent = shop.authorizes(90_00)
    parts = [captured_in_silence(shop, intent, 20_00) for _ in range(3)]

    look_after(11)

    assert fees(shop, *parts) == [88, 88, 88]
    assert_books_agree(shop)


def test_late_fee_of_an_earlier_capture_is_taken_from_the_statement(shop: Shop) -> None:
    intent = shop.authorizes(90_00)
    first = captured_in_silence(shop, intent, 40_00)
    second = shop.captures(intent, 20_00)
    import_file(shop, "stripe_balance")

    reconciled(shop)
    assert open_breaks(shop) == [("fee_differs", shop.attempt(intent).psp_charge_reference)]
    answer_news(shop)
    run = reconciled(shop)

    assert fees(shop, first, second) == [146, 88]
    assert (run.breaks_open, run.ties_out) == (0, True)
    assert_books_agree(shop)


def test_late_fees_of_many_captures_match_the_lines_of_the_statement(shop: Shop) -> None:
    intent = shop.authorizes(90_00)
    for amount in (40_00, 20_00, 10_00):
        captured_in_silence(shop, intent, amount)
    look_after(11)
    import_file(shop, "stripe_balance")

    run = reconciled(shop)

    assert (run.matched, run.breaks_open, run.ties_out) == (3, 0, True)
    assert_books_agree(shop)


def test_line_of_an_earlier_capture_alone_says_its_fee(shop: Shop) -> None:
    intent = shop.authorizes(90_00)
    first = captured_in_silence(shop, intent, 40_00)
    second = captured_in_silence(shop, intent, 20_00)
    attempt = shop.attempt(intent)
    line = missing_line(
        shop,
        "charge",
        gross=40_00,
        fee=146,
        reference=attempt.psp_charge_reference,
        order_reference=attempt.psp_reference,
    )

    assert answer_missing_line(merchant_id=shop.id, break_id=line.id)

    assert fees(shop, first, second) == [146, None]


# --- Fees that differ


@pytest.mark.parametrize(("fee", "net"), [("0.68", "9.32"), ("0.50", "9.50"), ("0.00", "10.00")])
def test_fee_that_differs_is_trued_up_and_the_break_closes(shop: Shop, fee: str, net: str) -> None:
    capture = shop.captures(shop.authorizes(10_00))
    told = shop.psp.report("stripe_balance")["content"].replace("10.00,0.59,9.41", f"10.00,{fee},{net}")
    import_settlement(
        merchant_id=shop.id,
        psp_account=shop.account.public_id,
        format="stripe_balance",
        file=io.BytesIO(told.encode()),
    )

    reconciled(shop)
    assert open_breaks(shop) == [
        ("fee_differs", PaymentAttempt.objects.for_merchant(shop.id).get().psp_charge_reference)
    ]
    answer_news(shop)
    run = reconciled(shop)

    kept = int(fee.replace(".", ""))
    assert (run.breaks_open, run.ties_out) == (0, True)
    assert (shop.fresh(capture).fee_minor, shop.ledger("expenses/psp_fees")) == (kept, kept)
    assert verify_books(shop.id).differences == []


def test_fee_trued_up_twice_is_booked_once(shop: Shop) -> None:
    capture = shop.captures(shop.authorizes(10_00))
    order: dict[str, Any] = {"merchant_id": shop.id, "capture_id": capture.id, "proof": "txn_1"}

    true_up_fee(**order, fee=Money(65, "usd"))
    balances = shop.balances()
    true_up_fee(**order, fee=Money(65, "usd"))

    assert shop.balances() == balances
    assert shop.ledger("expenses/psp_fees") == 65


def test_fee_of_a_capture_that_took_no_money_is_not_booked(shop: Shop) -> None:
    shop.psp.fails("error_before_booking", operation="capture")
    capture = shop.captures(shop.authorizes(10_00))
    before = shop.footprint()

    true_up_fee(merchant_id=shop.id, capture_id=capture.id, fee=Money(65, "usd"), proof="txn_1")

    assert shop.footprint() == before
    assert shop.fresh(capture).fee_minor is None
