"""Create a customer, with a first payment method where one is given: both or neither."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.tenancy.queries import get_merchant
from foundation.transactions import outside_transaction, owns_transaction
from payments import events
from payments.errors import PaymentMethodAlreadyAttached
from payments.locks import lock_payment_method
from payments.models import Customer
from payments.operations.save_at_psps import save_at_psps
from payments.queries.customers import get_payment_method
from payments.steps.announce import announce_customer
from payments.steps.attach_method import Saving, attach_method, refuse_unless_attachable


@outside_transaction
def create_customer(
    *,
    merchant_id: UUID,
    customer_id: UUID,
    payment_method_id: UUID | None = None,
    may_exist: bool = False,
    **fields: Any,
) -> Customer:
    """fields: by model name. customer_id: the key's reserved id; may_exist: an earlier try may have got here.

    Raises: ResourceMissing for the merchant or the method, PaymentMethodAlreadyAttached, PaymentMethodUnusable (the PSP
    refuses it), PspUnavailable.
    Writes: the customer, customer.created; with a method what attach_payment_method writes.
    Safe to repeat: with may_exist the same id finds the first one.
    """
    if may_exist:
        existing = (
            Customer.objects.for_merchant(merchant_id)
            .select_related("merchant")
            .filter(pk=customer_id)
            .first()
        )
        if existing is not None:
            return existing
    customer = Customer(id=customer_id, merchant=get_merchant(merchant_id), **fields)
    saving = Saving()
    if payment_method_id is not None:
        method = get_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
        try:
            refuse_unless_attachable(method, customer)
        except PaymentMethodAlreadyAttached:
            raise PaymentMethodAlreadyAttached(param="payment_method") from None
        saving = save_at_psps(customer=customer, method=method)
    _store(merchant_id=merchant_id, customer=customer, payment_method_id=payment_method_id, saving=saving)
    return customer


@owns_transaction
def _store(
    *,
    merchant_id: UUID,
    customer: Customer,
    payment_method_id: UUID | None,
    saving: Saving,
) -> None:
    customer.save(force_insert=True)
    announce_customer(customer, events.CUSTOMER_CREATED)
    if payment_method_id is not None:
        method = lock_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
        attach_method(method, customer, saving=saving)
