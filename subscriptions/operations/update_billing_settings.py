"""Change how a merchant bills: numbers, dates, rounding, where taxes come from, when revenue is earned."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from subscriptions.locks import lock_billing_settings
from subscriptions.models import BillingSettings
from subscriptions.steps.billing_rows import billing_settings_of


@owns_transaction
def update_billing_settings(*, merchant_id: UUID, **fields: Any) -> BillingSettings:
    """fields: by model name (days_until_due, draft_seconds, tax_rounding, tax_source, tax_fallback, revenue_pace, …).

    What is finalized already stays as it was. Raises: ResourceMissing (merchant). Writes: the settings.
    Safe to repeat.
    """
    get_merchant(merchant_id)
    billing_settings_of(merchant_id)
    settings = lock_billing_settings(merchant_id=merchant_id)
    for name, value in fields.items():
        setattr(settings, name, value)
    settings.save()
    return settings
