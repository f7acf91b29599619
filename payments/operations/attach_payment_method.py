"""Attach a payment method to a customer, here and at the PSPs that hold its tokens."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from payments.locks import lock_customer, lock_payment_method
from payments.models import PaymentMethod
from payments.operations.save_at_psps import save_at_psps
from payments.queries.customers import get_live_customer, get_payment_method
from payments.steps.attach_method import Saving, attach_method, refuse_unless_attachable


@outside_transaction
def attach_payment_method(*, merchant_id: UUID, payment_method_id: UUID, customer_id: UUID) -> PaymentMethod:
    """Raises: ResourceMissing, PaymentMethodAlreadyAttached, PaymentMethodUnusable (the PSP refuses), PspUnavailable.

    Writes: the PSP calls, the tokens, the method, payment_method.attached; a job for a PSP that was away.
    Safe to repeat: attaching again to the same customer changes nothing.
    """
    customer = get_live_customer(merchant_id=merchant_id, customer_id=customer_id)
    method = get_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
    refuse_unless_attachable(method, customer)
    return _record(
        merchant_id=merchant_id,
        payment_method_id=payment_method_id,
        customer_id=customer_id,
        saving=save_at_psps(customer=customer, method=method),
    )


@owns_transaction
def _record(
    *,
    merchant_id: UUID,
    payment_method_id: UUID,
    customer_id: UUID,
    saving: Saving,
) -> PaymentMethod:
    customer = lock_customer(merchant_id=merchant_id, customer_id=customer_id)
    method = lock_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
    attach_method(method, customer, saving=saving)
    return method
