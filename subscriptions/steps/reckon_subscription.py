"""Reckon lines of a subscription with what is known of its merchant and customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from foundation.transactions import joins_transaction
from subscriptions.models import BillingCustomer, BillingSettings, Discount, Subscription, TaxRate
from subscriptions.queries.catalogue import read_tax_rates
from subscriptions.steps.billing_rows import billing_customer_of, billing_settings_of
from subscriptions.steps.reckon_invoice import NewLine, ReckonedInvoice, reckon_invoice
from subscriptions.steps.write_invoice import tax_facts_of


@dataclass(frozen=True, slots=True)
class TaxRows:
    """What decides the tax of a subscription's lines; rates by the ids that the lines name them with."""

    settings: BillingSettings
    billing_customer: BillingCustomer
    rates: Mapping[str, TaxRate]


@joins_transaction
def reckon_for_subscription(
    subscription: Subscription,
    lines: Sequence[NewLine],
    discounts: Sequence[Discount],
    *,
    at: datetime,
    rows: TaxRows | None = None,
) -> ReckonedInvoice:
    """at: the beginning of the period that is billed, which decides the discounts. rows: None to read them."""
    rows = rows or _read_rows(subscription, lines)
    facts = tax_facts_of(subscription, settings=rows.settings, billing_customer=rows.billing_customer)
    return reckon_invoice(
        lines, currency=subscription.currency, discounts=discounts, rates=rows.rates, facts=facts, at=at
    )


def _read_rows(subscription: Subscription, lines: Sequence[NewLine]) -> TaxRows:
    merchant_id = subscription.merchant_id
    return TaxRows(
        settings=billing_settings_of(merchant_id),
        billing_customer=billing_customer_of(merchant_id=merchant_id, customer_id=subscription.customer_id),
        rates=read_tax_rates(merchant_id=merchant_id, texts=[line.tax_rate_ids for line in lines]),
    )
