"""Create a customer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from payments import events
from payments.models import Customer
from payments.steps.announce import announce_customer


@owns_transaction
def create_customer(
    *, merchant_id: UUID, customer_id: UUID, may_exist: bool = False, **fields: Any
) -> Customer:
    """fields: by model name. customer_id: the key's reserved id; may_exist: an earlier try may have got here.

    Raises: ResourceMissing for the merchant.
    Writes: the customer, customer.created. Safe to repeat: with may_exist the same id finds the first one.
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
    customer.save(force_insert=True)
    announce_customer(customer, events.CUSTOMER_CREATED)
    return customer
