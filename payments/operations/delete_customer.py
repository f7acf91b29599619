"""Delete a customer: hidden from now on; payments keep pointing at the row."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from payments import events
from payments.locks import lock_customer
from payments.models import Customer, PaymentMethod
from payments.steps.announce import announce_customer


@owns_transaction
def delete_customer(*, merchant_id: UUID, customer_id: UUID) -> Customer:
    """Forget a customer; their payments stay. Raises: ResourceMissing.

    Writes: the customer, its methods' detachment, customer.deleted. Safe to repeat: a deleted one is missing.
    """
    customer = lock_customer(merchant_id=merchant_id, customer_id=customer_id)
    customer.deleted_at = clock.now()
    customer.default_payment_method = None
    customer.save(update_fields=["deleted_at", "default_payment_method"])
    for method in PaymentMethod.objects.for_merchant(merchant_id).filter(customer_id=customer_id):
        method.customer = None
        method.save(update_fields=["customer"])
    announce_customer(customer, events.CUSTOMER_DELETED)
    return customer
