"""Finalize a draft: snapshot, balance, number, ledger and state in the caller's transaction."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from foundation.money import Money
from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.locks import lock_billing_customer
from subscriptions.models import (
    BalanceTransactionType,
    BillingCustomer,
    CollectionMethod,
    Invoice,
    SeriesKind,
)
from subscriptions.queries.invoices import list_lines, read_balance
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.assign_number import assign_number
from subscriptions.steps.billing_rows import billing_customer_of, billing_settings_of
from subscriptions.steps.move_balance import move_balance
from subscriptions.steps.post_to_ledger import post_invoice

TOKEN_BYTES = 24


@joins_transaction
def finalize_draft(invoice: Invoice, *, now: datetime) -> None:
    """The invoice is a draft, locked or new. One over nothing is paid at once.

    Writes: the invoice, its number's series, the customer's balance, ledger entries, invoice.finalized (and
    invoice.paid, invoice.payment_succeeded). Raises PeriodClosed.
    """
    settings = billing_settings_of(invoice.merchant_id)
    billing_customer_of(merchant_id=invoice.merchant_id, customer_id=invoice.customer_id)
    # Locked before the balance is read: two invoices must not both spend it.
    billing_customer = lock_billing_customer(merchant_id=invoice.merchant_id, customer_id=invoice.customer_id)
    balance, _ = read_balance(
        merchant_id=invoice.merchant_id, customer_id=invoice.customer_id, currency=invoice.currency
    )
    owed = invoice.total + balance
    invoice.starting_balance_minor = balance.amount_minor
    invoice.amount_due_minor = max(owed.amount_minor, 0)
    invoice.ending_balance_minor = min(owed.amount_minor, 0)
    invoice.hosted_token = secrets.token_urlsafe(TOKEN_BYTES)
    if invoice.collection_method == CollectionMethod.SEND_INVOICE and invoice.due_at is None:
        invoice.due_at = now + timedelta(days=_days_until_due(invoice, settings.days_until_due))
    _freeze(invoice, billing_customer)
    number = assign_number(SeriesKind.INVOICE, settings=settings, billing_customer=billing_customer)
    invoice.finalize(now, number)
    types = [events.INVOICE_FINALIZED]
    if invoice.amount_due_minor == 0:
        invoice.pay(now)
        types += [events.INVOICE_PAID, events.INVOICE_PAYMENT_SUCCEEDED]
    invoice.ledger_entry_id = post_invoice(invoice, at=now)
    invoice.save()
    _move_balance(invoice, balance, now=now)
    announce_invoice(invoice, *types)


def _days_until_due(invoice: Invoice, default: int) -> int:
    subscription = invoice.subscription
    if subscription is None or subscription.days_until_due is None:
        return default
    return subscription.days_until_due


def _move_balance(invoice: Invoice, balance: Money, *, now: datetime) -> None:
    moved = (invoice.ending_balance_minor or 0) - balance.amount_minor
    if moved:
        move_balance(
            merchant_id=invoice.merchant_id,
            customer_id=invoice.customer_id,
            amount=Money(moved, invoice.currency),
            type_=BalanceTransactionType.APPLIED_TO_INVOICE,
            at=now,
            invoice=invoice,
        )


def _freeze(invoice: Invoice, billing_customer: BillingCustomer) -> None:
    customer, merchant = invoice.customer, invoice.merchant
    invoice.customer_snapshot = {
        "address": customer.address,
        "email": customer.email or None,
        "name": customer.name or None,
        "phone": customer.phone or None,
        "tax_exempt": customer.tax_exempt,
        "vat_id": billing_customer.vat_id or None,
    }
    invoice.seller_snapshot = {
        "country": merchant.country,
        "email": merchant.email or None,
        "name": merchant.name,
    }
    invoice.tax_snapshot = _sum_taxes(invoice)


def _sum_taxes(invoice: Invoice) -> dict[str, Any]:
    totals: dict[str, dict[str, Any]] = {}
    for tax in (tax for line in list_lines(invoice) for tax in line.taxes):
        known = totals.setdefault(tax["rate"], {**tax, "amount": 0, "taxable": 0})
        known["amount"] += tax["amount"]
        known["taxable"] += tax["taxable"]
    return totals
