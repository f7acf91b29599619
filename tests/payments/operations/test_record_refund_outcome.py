"""Refunds that come back, and refunds of another amount than asked for."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.ids import new_id
from foundation.money import Money
from payments.models import PspCall, RefundStatus
from payments.operations.record_refund_outcome import record_refund_outcome
from payments.operations.request_refund import request_refund
from payments.psp.outcomes import Succeeded
from payments.psp.registry import connector_for
from payments.queries.payment_intents import get_refund
from payments.queries.psp_orders import credentials_of
from tests.factories.books import assert_books_agree
from tests.factories.shop import Shop


def order(shop: Shop, intent: Any, amount: int | None = None, **given: Any) -> dict[str, Any]:
    return {
        "merchant_id": shop.id,
        "payment_intent_id": intent.id,
        "refund_id": new_id(),
        "amount": None if amount is None else Money(amount, "usd"),
    } | given


def calls(shop: Shop, operation: str = "refund") -> list[PspCall]:
    return list(PspCall.objects.for_merchant(shop.id).filter(operation=operation).order_by("id"))


# --- Refunds that come back


@pytest.mark.parametrize("token", ["pm_card_refundFail", "pm_card_visa"])
def test_returned_refund_reverses_the_ledger_and_can_be_given_again(shop: Shop, token: str) -> None:
    intent = shop.pays(10_00, token=token)
    if token == "pm_card_visa":
        shop.psp.fails("refund_returned", operation="refund", seconds=5)
    refund = shop.gives_back(intent, 4_00)
    assert refund.status == RefundStatus.SUCCEEDED
    shop.psp.time_passes(seconds=10)

    news = connector_for("stripe").inquire(credentials_of(shop.account), inquiry_of(shop, refund.id))
    for _ in range(2):
        record_refund_outcome(merchant_id=shop.id, refund_id=refund.id, outcome=news.outcome, call=news.call)

    refund = shop.fresh(refund)
    assert (refund.status, refund.failure_reason) == (RefundStatus.FAILED, "expired_or_canceled_card")
    assert shop.attempt(intent).amount_refunded_minor == 0
    assert shop.ledger("income/refunds") == 0
    assert shop.events().count("refund.failed") == 1
    assert_books_agree(shop)
    assert request_refund(**order(shop, intent)).amount_minor == 10_00


def inquiry_of(shop: Shop, refund_id: Any) -> Any:
    from payments.queries.psp_orders import refund_inquiry

    refund = get_refund(merchant_id=shop.id, refund_id=refund_id)
    return refund_inquiry(refund, refund.attempt)


def test_old_news_of_a_refund_that_came_back_changes_nothing(shop: Shop) -> None:
    intent = shop.pays(10_00, token="pm_card_refundFail")
    refund = shop.gives_back(intent, 4_00)
    success = Succeeded(psp_reference=refund.psp_reference, amount=refund.amount)
    shop.psp.time_passes(seconds=10)
    news = connector_for("stripe").inquire(credentials_of(shop.account), inquiry_of(shop, refund.id))
    record_refund_outcome(merchant_id=shop.id, refund_id=refund.id, outcome=news.outcome, call=None)
    before = shop.footprint()

    record_refund_outcome(merchant_id=shop.id, refund_id=refund.id, outcome=success, call=None)

    assert shop.fresh(refund).status == RefundStatus.FAILED
    assert shop.footprint() == before


# --- What the PSP moved, not what was asked for


def test_refund_of_another_amount_is_booked_as_moved_and_put_before_a_person(shop: Shop) -> None:
    intent = shop.pays(10_00)
    shop.psp.fails("wrong_amount", operation="refund", delta=-50)

    refund = shop.gives_back(intent, 4_00)

    assert (refund.status, refund.amount_minor) == (RefundStatus.SUCCEEDED, 3_50)
    [(kind, about, _)] = shop.cases()
    assert (kind, about) == ("amount_differs", "refund")
    assert_books_agree(shop)


def test_refund_answered_in_another_currency_is_booked_nowhere_and_put_before_a_person(shop: Shop) -> None:
    intent = shop.pays(10_00)
    refund = request_refund(**order(shop, intent, 4_00, in_background=False))
    taken = get_refund(merchant_id=shop.id, refund_id=refund.id)
    taken.submit()
    taken.save()

    foreign = Succeeded(psp_reference="re_1", amount=Money(4_00, "eur"))
    record_refund_outcome(merchant_id=shop.id, refund_id=refund.id, outcome=foreign, call=None)

    assert shop.fresh(refund).status == RefundStatus.UNKNOWN
    assert [(kind, about) for kind, about, _ in shop.cases()] == [("currency_differs", "refund")]
    assert shop.ledger("income/refunds") == 0
