"""Note of a customer that something they owe could not be collected: pushed down by the floor that bills them."""

from __future__ import annotations

from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.transactions import joins_transaction
from payments import events
from payments.locks import lock_customer
from payments.steps.announce import announce_customer


@joins_transaction
def note_delinquency(*, merchant_id: UUID, customer_id: UUID, is_delinquent: bool) -> None:
    """Writes the customer and customer.updated, where it changes. A deleted customer stays as it is."""
    try:
        customer = lock_customer(merchant_id=merchant_id, customer_id=customer_id)
    except ResourceMissing:
        return
    if customer.is_delinquent == is_delinquent:
        return
    customer.is_delinquent = is_delinquent
    customer.save(update_fields=["is_delinquent"])
    announce_customer(customer, events.CUSTOMER_UPDATED)
