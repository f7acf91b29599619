"""Finalize a draft: snapshot, balance, number, ledger and state in the caller's transaction."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from foundation.events.publishing import publish_all
from foundation.jobs.staging import stage_job
from foundation.money import Money
from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.locks import lock_billing_customer
from subscriptions.models import (
    BalanceTransactionType,
    BillingCustomer,
    CollectionMethod,
    Invoice,
    InvoiceLine,
    SeriesKind,
)
from subscriptions.queries.invoices import list_lines, list_taxed_lines, read_balance
from subscriptions.revenue import Pace
from subscriptions.steps.announce import invoice_events
from subscriptions.steps.assign_number import assign_number
from subscriptions.steps.billing_rows import billing_customer_of, billing_settings_of
from subscriptions.steps.defer_revenue import deferred_of, plan_deferrals, write_deferrals
from subscriptions.steps.move_balance import move_balance
from subscriptions.steps.post_to_ledger import post_invoice
from subscriptions.steps.settle_tax import settle_tax

TOKEN_BYTES = 24


@joins_transaction
def finalize_draft(invoice: Invoice, *, now: datetime) -> None:
    """The invoice is a draft, locked or new. One over nothing is paid at once.

    One whose taxes are not known stays a draft: a job finalizes it once the tax service has answered.
    Writes: the invoice, its number's series, what of it is earned later, the customer's balance, ledger entries,
    invoice.finalized (and invoice.paid, invoice.payment_succeeded). Raises PeriodClosed.
    """
    settings = billing_settings_of(invoice.merchant_id)
    billing_customer_of(merchant_id=invoice.merchant_id, customer_id=invoice.customer_id)
    # Locked before the balance is read: two invoices must not both spend it.
    billing_customer = lock_billing_customer(merchant_id=invoice.merchant_id, customer_id=invoice.customer_id)
    lines = list_taxed_lines(invoice) if invoice.tax_status else list_lines(invoice)
    if not settle_tax(invoice, lines, settings=settings, billing_customer=billing_customer):
        _wait_for_tax(invoice, now=now)
        return
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
    _freeze(invoice, billing_customer, lines)
    number = assign_number(SeriesKind.INVOICE, settings=settings, billing_customer=billing_customer)
    invoice.finalize(now, number)
    types = [events.INVOICE_FINALIZED]
    if invoice.amount_due_minor == 0:
        invoice.pay(now)
        types += [events.INVOICE_PAID, events.INVOICE_PAYMENT_SUCCEEDED]
    deferrals = plan_deferrals(invoice, lines, pace=Pace(settings.revenue_pace), at=now)
    invoice.ledger_entry_id = post_invoice(invoice, deferred=deferred_of(deferrals, invoice.currency), at=now)
    invoice.save()
    if invoice.ledger_entry_id is not None:
        # Over nothing in all nothing was booked, and nothing is earned later.
        write_deferrals(deferrals, invoice.ledger_entry_id, at=now)
    _move_balance(invoice, balance, now=now)
    publish_all(invoice_events(invoice, lines, *types))


def _wait_for_tax(invoice: Invoice, *, now: datetime) -> None:
    invoice.finalizes_at = min(invoice.finalizes_at or now, now)
    invoice.save(update_fields=["finalizes_at"])
    stage_job(
        "subscriptions.finalize_invoice",
        {"merchant_id": str(invoice.merchant_id), "invoice_id": str(invoice.id)},
        merchant_id=invoice.merchant_id,
        dedupe_key=f"finalize_taxed:{invoice.public_id}:{now:%Y%m%d%H}",
    )


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


def _freeze(invoice: Invoice, billing_customer: BillingCustomer, lines: list[InvoiceLine]) -> None:
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
    invoice.tax_snapshot = _sum_taxes(lines)


def _sum_taxes(lines: list[InvoiceLine]) -> dict[str, Any]:
    totals: dict[str, dict[str, Any]] = {}
    for tax in (tax for line in lines for tax in line.taxes):
        known = totals.setdefault(tax["rate"], {**tax, "amount": 0, "taxable": 0})
        known["amount"] += tax["amount"]
        known["taxable"] += tax["taxable"]
    return totals
