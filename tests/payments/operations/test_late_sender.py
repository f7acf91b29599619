"""A process that slept between its promise and the call does not send it any more."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from foundation import clock
from foundation.ids import new_id
from foundation.money import Money
from payments.models import AttemptStatus, IntentStatus
from payments.operations.create_payment_intent import create_payment_intent
from payments.operations.execute_attempt import LATE_SECONDS, execute_attempt
from tests.factories.shop import Shop


def test_a_call_that_is_late_never_leaves(shop: Shop) -> None:
    created = create_payment_intent(
        merchant_id=shop.id,
        payment_intent_id=new_id(),
        amount=Money(10_00, "usd"),
        payment_method_id=shop.method().id,
        confirm=True,
    )
    assert created.order is not None

    with time_machine.travel(clock.now() + timedelta(seconds=LATE_SECONDS + 1)):
        intent = execute_attempt(
            merchant_id=shop.id, attempt_id=created.order.attempt_id, order=created.order
        )

    assert intent.status == IntentStatus.REQUIRES_CONFIRMATION
    assert shop.attempt(intent).status == AttemptStatus.NOT_SENT
    assert shop.psp.charges() == 0
    assert shop.balances() == {}
