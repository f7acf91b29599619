"""A process that slept between its promise and the call does not send it any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from foundation import clock
from foundation.ids import new_id
from foundation.money import Money
from foundation.vault.data_keys import forget_open_keys
from foundation.vault.wrapping import LocalKeyWrapper, local_key_wrapper, parse_vault_keys
from payments.models import AttemptStatus, CaptureStatus, IntentStatus, PaymentAttempt, RefundStatus
from payments.operations.create_payment_intent import create_payment_intent
from payments.operations.execute_attempt import execute_attempt
from payments.operations.execute_capture import execute_capture
from payments.operations.execute_refund import execute_refund
from payments.operations.execute_void import execute_void
from payments.operations.request_cancel import request_cancel
from payments.operations.request_capture import request_capture
from payments.operations.request_refund import request_refund
from payments.promised_calls import LATE_SECONDS
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import look_after
from tests.factories.shop import Shop


class SleepyKeyService(LocalKeyWrapper):
    """A key service that takes longer than a promise is good for: the process sleeps just before its call."""

    traveller: Any = None

    def unwrap(self, *args: Any, **kwargs: Any) -> bytes:
        if self.traveller is not None:
            self.traveller.shift(LATE_SECONDS + 1)
        return super().unwrap(*args, **kwargs)


_service = None


def sleepy_key_service() -> SleepyKeyService:
    global _service
    from django.conf import settings

    _service = SleepyKeyService(parse_vault_keys(settings.VAULT_KEYS))
    return _service


@pytest.fixture
def falls_asleep(shop: Shop, settings: Any) -> Iterator[None]:
    """From here on, whoever unseals credentials sleeps over it."""
    settings.VAULT_KEY_WRAPPER = f"{__name__}.sleepy_key_service"
    yield
    SleepyKeyService.traveller = None
    forget_open_keys()
    assert local_key_wrapper() is not None


def sleeping(run: Any, **arguments: Any) -> Any:
    forget_open_keys()
    with time_machine.travel(clock.now()) as traveller:
        SleepyKeyService.traveller = traveller
        try:
            return run(**arguments)
        finally:
            SleepyKeyService.traveller = None
            forget_open_keys()


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


def test_a_capture_that_is_late_never_leaves_and_may_be_asked_for_again(
    shop: Shop, falls_asleep: None
) -> None:
    intent = shop.authorizes(10_00)
    asked = {"merchant_id": shop.id, "payment_intent_id": intent.id, "capture_id": new_id()}
    capture = request_capture(**asked)

    late = sleeping(execute_capture, merchant_id=shop.id, capture_id=capture.id)

    assert (late.status, late.failure_code) == (CaptureStatus.FAILED, "not_sent")
    assert shop.psp.charges() == 0
    request_capture(**asked)
    assert execute_capture(merchant_id=shop.id, capture_id=capture.id).status == CaptureStatus.SUCCEEDED
    assert_books_agree(shop)


def test_a_refund_that_is_late_never_leaves_and_is_sent_later(shop: Shop, falls_asleep: None) -> None:
    intent = shop.pays(10_00)
    refund = request_refund(
        merchant_id=shop.id, payment_intent_id=intent.id, refund_id=new_id(), in_background=False
    )

    late = sleeping(execute_refund, merchant_id=shop.id, refund_id=refund.id)

    assert late.status == RefundStatus.CREATED
    assert shop.psp.refunds() == 0
    look_after(3_600)
    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert shop.psp.refunds() == 1
    assert_books_agree(shop)


def test_a_void_that_is_late_never_leaves_and_is_sent_later(shop: Shop, falls_asleep: None) -> None:
    intent = shop.authorizes(10_00)
    request_cancel(merchant_id=shop.id, payment_intent_id=intent.id)

    sleeping(execute_void, merchant_id=shop.id, attempt_id=intent.latest_attempt_id)

    held = PaymentAttempt.objects.for_merchant(shop.id).get(pk=intent.latest_attempt_id)
    assert held.status == AttemptStatus.AUTHORIZED
    assert shop.psp.books()["usd"]["authorized_open_minor"] == 10_00
    look_after(700)
    assert shop.fresh(intent).status == IntentStatus.CANCELED
    assert_all_decided(shop)
    assert_books_agree(shop)
