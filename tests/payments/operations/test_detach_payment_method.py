"""A card that was taken off its customer is spent, for that customer and for every other."""

from __future__ import annotations

import pytest

from foundation.ids import new_id
from foundation.money import Money
from payments.errors import PaymentMethodUnusable
from payments.models import Customer, PaymentMethod
from payments.operations.attach_payment_method import attach_payment_method
from payments.operations.create_customer import create_customer
from payments.operations.create_payment_intent import create_payment_intent
from payments.operations.detach_payment_method import detach_payment_method
from tests.factories.shop import Shop


@pytest.fixture
def detached(shop: Shop) -> PaymentMethod:
    method = shop.method()
    attach_payment_method(merchant_id=shop.id, payment_method_id=method.id, customer_id=_customer(shop).id)
    return detach_payment_method(merchant_id=shop.id, payment_method_id=method.id)


def test_detached_card_is_not_charged_for_another_customer(shop: Shop, detached: PaymentMethod) -> None:
    other = _customer(shop)
    before = shop.footprint()

    with pytest.raises(PaymentMethodUnusable):
        create_payment_intent(
            merchant_id=shop.id,
            payment_intent_id=new_id(),
            amount=Money(10_00, "usd"),
            customer_id=other.id,
            payment_method_id=detached.id,
            confirm=True,
        )

    assert shop.footprint() == before


def test_detached_card_is_not_attached_to_anybody_again(shop: Shop, detached: PaymentMethod) -> None:
    other = _customer(shop)

    with pytest.raises(PaymentMethodUnusable):
        attach_payment_method(merchant_id=shop.id, payment_method_id=detached.id, customer_id=other.id)

    assert PaymentMethod.objects.for_merchant(shop.id).get(pk=detached.id).customer_id is None


def _customer(shop: Shop) -> Customer:
    return create_customer(merchant_id=shop.id, customer_id=new_id(), name="Ada")
