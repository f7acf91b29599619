"""Attach a method that has just been used for its customer, for charges without them later."""

from __future__ import annotations

from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.transactions import outside_transaction
from payments.errors import PaymentMethodAlreadyAttached, PaymentMethodUnusable
from payments.operations.attach_payment_method import attach_payment_method


@outside_transaction
def keep_used_method(*, merchant_id: UUID, payment_method_id: UUID, customer_id: UUID) -> bool:
    """Whether it is the customer's now. A customer who was deleted, or a method that is spent, keeps nothing.

    Raises PspUnavailable, and is tried again. Writes: as attach_payment_method. Safe to repeat, as that is.
    """
    try:
        attach_payment_method(
            merchant_id=merchant_id, payment_method_id=payment_method_id, customer_id=customer_id
        )
    except (ResourceMissing, PaymentMethodAlreadyAttached, PaymentMethodUnusable):
        return False
    return True
