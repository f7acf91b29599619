"""Reading customers and payment methods."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from foundation.errors import ResourceMissing
from foundation.ids import encode_id
from payments.models import Customer, PaymentMethod, PspToken


def list_customers(*, merchant_id: UUID) -> QuerySet[Customer]:
    """Live customers of the merchant."""
    return Customer.objects.for_merchant(merchant_id).filter(deleted_at__isnull=True)


def get_customer(*, merchant_id: UUID, customer_id: UUID) -> Customer:
    """The customer, deleted or not. Raises ResourceMissing."""
    customer = Customer.objects.for_merchant(merchant_id).filter(pk=customer_id).first()
    if customer is None:
        raise ResourceMissing(f"No such customer: '{encode_id('cus', customer_id)}'", param="customer")
    return customer


def get_live_customer(*, merchant_id: UUID, customer_id: UUID) -> Customer:
    """The customer; a deleted one is as good as absent. Raises ResourceMissing."""
    customer = get_customer(merchant_id=merchant_id, customer_id=customer_id)
    if customer.deleted_at is not None:
        raise ResourceMissing(f"No such customer: '{customer.public_id}'", param="customer")
    return customer


def list_payment_methods(*, merchant_id: UUID, customer_id: UUID | None = None) -> QuerySet[PaymentMethod]:
    rows = PaymentMethod.objects.for_merchant(merchant_id)
    return rows if customer_id is None else rows.filter(customer_id=customer_id)


def get_payment_method(*, merchant_id: UUID, payment_method_id: UUID) -> PaymentMethod:
    """Raises ResourceMissing."""
    method = PaymentMethod.objects.for_merchant(merchant_id).filter(pk=payment_method_id).first()
    if method is None:
        raise ResourceMissing(
            f"No such payment_method: '{encode_id('pm', payment_method_id)}'", param="payment_method"
        )
    return method


def list_tokens(*, merchant_id: UUID, payment_method_id: UUID) -> list[PspToken]:
    """The method's tokens with their PSP accounts."""
    rows = PspToken.objects.for_merchant(merchant_id).select_related("psp_account")
    return list(rows.filter(payment_method_id=payment_method_id).order_by("id"))


def find_psp_customer_reference(*, merchant_id: UUID, customer_id: UUID, psp_account_id: UUID) -> str:
    """The customer's id at a PSP, where one of their methods was attached before; else empty."""
    reference = (
        PspToken.objects.for_merchant(merchant_id)
        .filter(payment_method__customer_id=customer_id, psp_account_id=psp_account_id)
        .exclude(psp_customer_reference="")
        .order_by("id")
        .values_list("psp_customer_reference", flat=True)
        .first()
    )
    return reference or ""
