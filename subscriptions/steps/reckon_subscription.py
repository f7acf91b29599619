"""Reckon lines of a subscription with what is known of its merchant and customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from foundation.transactions import joins_transaction
from subscriptions.models import Discount, Subscription
from subscriptions.queries.catalogue import read_tax_rates
from subscriptions.steps.billing_rows import billing_customer_of, billing_settings_of
from subscriptions.steps.reckon_invoice import NewLine, ReckonedInvoice, reckon_invoice
from subscriptions.steps.write_invoice import tax_facts_of


@joins_transaction
def reckon_for_subscription(
    subscription: Subscription, lines: Sequence[NewLine], discounts: Sequence[Discount], *, at: datetime
) -> ReckonedInvoice:
    """at: the beginning of the period that is billed, which decides the discounts."""
    merchant_id = subscription.merchant_id
    facts = tax_facts_of(
        subscription,
        settings=billing_settings_of(merchant_id),
        billing_customer=billing_customer_of(merchant_id=merchant_id, customer_id=subscription.customer_id),
    )
    rates = read_tax_rates(merchant_id=merchant_id, texts=[line.tax_rate_ids for line in lines])
    return reckon_invoice(
        lines, currency=subscription.currency, discounts=discounts, rates=rates, facts=facts, at=at
    )
