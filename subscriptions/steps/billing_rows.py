"""The rows that billing needs of a merchant and a customer: made when first asked for, and only then."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import joins_transaction
from subscriptions.models import BillingCustomer, BillingSettings
from subscriptions.queries.subscriptions import find_billing_customer


@joins_transaction
def billing_settings_of(merchant_id: UUID) -> BillingSettings:
    """The merchant's settings. Writes the row when it is missing."""
    rows = BillingSettings.objects.for_merchant(merchant_id)
    settings = rows.first()
    if settings is None:
        # Two firsts at once: the second finds the row of the first.
        BillingSettings.across_merchants.bulk_create(
            [BillingSettings(merchant_id=merchant_id)], ignore_conflicts=True
        )
        settings = rows.get()
    return settings


@joins_transaction
def billing_customer_of(*, merchant_id: UUID, customer_id: UUID) -> BillingCustomer:
    """The customer as one who is billed. Writes the row when it is missing."""
    found = find_billing_customer(merchant_id=merchant_id, customer_id=customer_id)
    if found is None:
        new = BillingCustomer(merchant_id=merchant_id, customer_id=customer_id)
        BillingCustomer.across_merchants.bulk_create([new], ignore_conflicts=True)
        found = find_billing_customer(merchant_id=merchant_id, customer_id=customer_id)
        assert found is not None, "it was just made"
    return found
