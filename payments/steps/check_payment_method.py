"""Whether a payment method may pay for this customer."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from payments.errors import PaymentMethodCustomerMismatch, PaymentMethodUnusable
from payments.models import PaymentMethod, PspToken


def refuse_unless_chargeable(method: PaymentMethod, *, customer_id: UUID | None) -> None:
    """A method attached to a customer pays for that customer only. Raises PaymentMethodCustomerMismatch."""
    if method.customer_id is not None and method.customer_id != customer_id:
        raise PaymentMethodCustomerMismatch(param="payment_method")


def refuse_if_detached(method: PaymentMethod, tokens: Sequence[PspToken]) -> None:
    """A method that was taken off its customer is spent: at the PSP it still belongs to that customer.

    Raises PaymentMethodUnusable."""
    if method.customer_id is None and any(token.psp_customer_reference for token in tokens):
        raise PaymentMethodUnusable(
            "The payment method was detached from its customer and can not be used again.",
            param="payment_method",
        )
