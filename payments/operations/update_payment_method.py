"""Change a payment method's billing details, expiry or metadata."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.transactions import owns_transaction
from payments import events
from payments.locks import lock_payment_method
from payments.models import PaymentMethod
from payments.steps.announce import announce_payment_method


@owns_transaction
def update_payment_method(*, merchant_id: UUID, payment_method_id: UUID, **fields: Any) -> PaymentMethod:
    """fields: by model name. Raises: ResourceMissing. Writes: the method, payment_method.updated. Safe to repeat."""
    method = lock_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
    for name, value in fields.items():
        setattr(method, name, value)
    method.save(update_fields=list(fields))
    announce_payment_method(method, events.PAYMENT_METHOD_UPDATED)
    return method
