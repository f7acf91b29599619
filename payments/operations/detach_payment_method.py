"""Detach a payment method from its customer; it can not be used again."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from payments import events
from payments.errors import PaymentMethodNotAttached
from payments.locks import lock_customer, lock_payment_method
from payments.models import PaymentMethod
from payments.queries.customers import get_payment_method
from payments.steps.announce import announce_payment_method


@owns_transaction
def detach_payment_method(*, merchant_id: UUID, payment_method_id: UUID) -> PaymentMethod:
    """Take a method from its customer. Raises: ResourceMissing, PaymentMethodNotAttached.

    Writes: the method, its customer, payment_method.detached. Safe to repeat: a detached one is refused.
    """
    known = get_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
    if known.customer_id is None:
        raise PaymentMethodNotAttached(param="payment_method")
    customer = lock_customer(merchant_id=merchant_id, customer_id=known.customer_id)
    method = lock_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
    if method.customer_id is None:
        raise PaymentMethodNotAttached(param="payment_method")
    if customer.default_payment_method_id == method.id:
        customer.default_payment_method = None
        customer.save(update_fields=["default_payment_method"])
    method.customer = None
    method.save(update_fields=["customer"])
    announce_payment_method(method, events.PAYMENT_METHOD_DETACHED)
    return method
