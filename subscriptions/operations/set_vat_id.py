"""Keep a customer's VAT id, or take it away: it decides who owes the tax across a border."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from payments.queries.customers import get_live_customer
from subscriptions.errors import VatIdInvalid
from subscriptions.locks import lock_billing_customer
from subscriptions.models import BillingCustomer
from subscriptions.steps.billing_rows import billing_customer_of
from subscriptions.tax.vat_ids import is_valid_vat_id, normal_vat_id


@owns_transaction
def set_vat_id(*, merchant_id: UUID, customer_id: UUID, vat_id: str) -> BillingCustomer:
    """vat_id: with its country's letters, spaces and dots allowed; empty takes it away.

    Raises: ResourceMissing (customer), VatIdInvalid. Writes: the billing customer. Safe to repeat.
    """
    get_live_customer(merchant_id=merchant_id, customer_id=customer_id)
    billing_customer_of(merchant_id=merchant_id, customer_id=customer_id)
    billing = lock_billing_customer(merchant_id=merchant_id, customer_id=customer_id)
    if vat_id and not is_valid_vat_id(vat_id):
        raise VatIdInvalid(param="value")
    billing.vat_id = normal_vat_id(vat_id)
    billing.save(update_fields=["vat_id"])
    return billing
