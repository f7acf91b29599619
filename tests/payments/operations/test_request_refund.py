"""Refunds, promised: what is refused leaves no trace, and what is promised can not be spent twice."""

from __future__ import annotations

import pytest

from foundation.ids import new_id
from foundation.money import Money
from payments.errors import ChargeAlreadyRefunded, RefundExceedsCaptured
from payments.models import RefundStatus
from payments.operations.request_refund import request_refund
from tests.factories.shop import Shop


def test_refund_beyond_captured_is_refused_and_leaves_no_trace(shop: Shop) -> None:
    intent = shop.pays(1_000)
    before = shop.footprint()

    with pytest.raises(RefundExceedsCaptured) as refusal:
        request_refund(
            merchant_id=shop.id, payment_intent_id=intent.id, refund_id=new_id(), amount=Money(1_001, "usd")
        )

    assert refusal.value.param == "amount"
    assert shop.footprint() == before


def test_promised_refund_counts_before_it_is_sent(shop: Shop) -> None:
    intent = shop.pays(1_000)
    first = request_refund(
        merchant_id=shop.id, payment_intent_id=intent.id, refund_id=new_id(), amount=Money(1_000, "usd")
    )

    with pytest.raises(ChargeAlreadyRefunded):
        request_refund(merchant_id=shop.id, payment_intent_id=intent.id, refund_id=new_id())

    assert first.status == RefundStatus.CREATED
    assert shop.psp.refunds() == 0
