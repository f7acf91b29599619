"""Change a customer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.transactions import owns_transaction
from payments import events
from payments.errors import PaymentMethodNotAttached
from payments.locks import lock_customer
from payments.models import Customer
from payments.queries.customers import get_payment_method
from payments.steps.announce import announce_customer


@owns_transaction
def update_customer(
    *, merchant_id: UUID, customer_id: UUID, default_payment_method_id: UUID | None = None, **fields: Any
) -> Customer:
    """fields: by model name. default_payment_method_id: None leaves it; it has to be attached to this customer.

    Raises: ResourceMissing, PaymentMethodNotAttached. Writes: the customer, customer.updated. Safe to repeat.
    """
    customer = lock_customer(merchant_id=merchant_id, customer_id=customer_id)
    if default_payment_method_id is not None:
        method = get_payment_method(merchant_id=merchant_id, payment_method_id=default_payment_method_id)
        if method.customer_id != customer.id:
            raise PaymentMethodNotAttached(param="invoice_settings[default_payment_method]")
        customer.default_payment_method = method
    for name, value in fields.items():
        setattr(customer, name, value)
    customer.save()
    announce_customer(customer, events.CUSTOMER_UPDATED)
    return customer
