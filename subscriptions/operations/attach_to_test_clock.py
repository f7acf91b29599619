"""Put a new customer on a test clock."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions.errors import CustomerOnTestClock
from subscriptions.locks import lock_billing_customer, lock_test_clock
from subscriptions.models import BillingCustomer, Subscription
from subscriptions.steps.billing_rows import billing_customer_of


@owns_transaction
def attach_to_test_clock(*, merchant_id: UUID, customer_id: UUID, test_clock_id: UUID) -> BillingCustomer:
    """Raises: ResourceMissing (clock), CustomerOnTestClock (another clock, or subscriptions in real time).

    Writes: the billing customer. Safe to repeat: a customer that is on this clock stays there.
    """
    clock = lock_test_clock(merchant_id=merchant_id, test_clock_id=test_clock_id)
    billing_customer_of(merchant_id=merchant_id, customer_id=customer_id)
    billing = lock_billing_customer(merchant_id=merchant_id, customer_id=customer_id)
    if billing.test_clock_id == clock.id:
        return billing
    rows = Subscription.objects.for_merchant(merchant_id)
    if billing.test_clock_id is not None or rows.filter(customer_id=customer_id).exists():
        raise CustomerOnTestClock(param="test_clock")
    billing.test_clock = clock
    billing.save(update_fields=["test_clock"])
    return billing
