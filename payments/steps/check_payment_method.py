"""Whether a payment method may pay for this customer."""

from __future__ import annotations

from uuid import UUID

from payments.errors import PaymentMethodCustomerMismatch
from payments.models import PaymentMethod


def refuse_unless_chargeable(method: PaymentMethod, *, customer_id: UUID | None) -> None:
    """A method attached to a customer pays for that customer only. Raises PaymentMethodCustomerMismatch."""
    if method.customer_id is not None and method.customer_id != customer_id:
        raise PaymentMethodCustomerMismatch(param="payment_method")
