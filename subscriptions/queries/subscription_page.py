"""Everything a subscription's page shows, read in a fixed number of queries however much happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from foundation.events.queries import list_events
from foundation.money import Money
from subscriptions.models import (
    DunningRun,
    Invoice,
    InvoicePayment,
    RunStatus,
    Subscription,
    SubscriptionSchedule,
)
from subscriptions.queries.invoices import read_balance

INVOICES_SHOWN = 12
MOST_ROWS = 100


@dataclass
class SubscriptionPage:
    """A subscription with all that belongs to it; balance as Stripe counts it: negative is the customer's credit."""

    subscription: Subscription
    invoices: list[Invoice]
    payments: list[InvoicePayment]
    runs: list[DunningRun]
    schedule: SubscriptionSchedule | None
    balance: Money
    method: Any
    events: list[Any]
    changes: list[Any]

    @cached_property
    def run(self) -> DunningRun | None:
        """The tries that are going on."""
        return next((run for run in self.runs if run.status == RunStatus.RUNNING), None)

    @cached_property
    def latest(self) -> Invoice | None:
        return next((one for one in self.invoices if one.id == self.subscription.latest_invoice_id), None)


def read_subscription_page(subscription: Subscription) -> SubscriptionPage:
    """The page of a subscription whose row is at hand with customer and methods; reads within its merchant only."""
    merchant_id = subscription.merchant_id
    invoices = list(
        Invoice.objects.for_merchant(merchant_id)
        .filter(subscription_id=subscription.id)
        .order_by("-id")[:INVOICES_SHOWN]
    )
    shown = [invoice.id for invoice in invoices]
    payments = InvoicePayment.objects.for_merchant(merchant_id).filter(invoice_id__in=shown)
    failed = [invoice.id for invoice in invoices if invoice.attempt_count]
    schedules = SubscriptionSchedule.objects.for_merchant(merchant_id).prefetch_related("phases")
    balance, _ = read_balance(
        merchant_id=merchant_id, customer_id=subscription.customer_id, currency=subscription.currency
    )
    history = Subscription.history.filter(id=subscription.id, merchant_id=merchant_id)
    return SubscriptionPage(
        subscription=subscription,
        invoices=invoices,
        payments=list(payments.select_related("invoice").order_by("-id")[:MOST_ROWS]),
        runs=_runs_of(failed, merchant_id=merchant_id) if failed else [],
        schedule=schedules.filter(
            subscription_id=subscription.id, status__in=["not_started", "active"]
        ).first(),
        balance=balance,
        # What the next charge takes: the subscription's own method, else the customer's.
        method=subscription.default_payment_method or subscription.customer.default_payment_method,
        events=list(
            list_events(merchant_id).filter(object_id__in=[subscription.id, *shown]).defer("data")[:MOST_ROWS]
        ),
        changes=list(history.select_related("history_user")[:MOST_ROWS]),
    )


def _runs_of(invoice_ids: list[UUID], *, merchant_id: UUID) -> list[DunningRun]:
    rows = DunningRun.objects.for_merchant(merchant_id).filter(invoice_id__in=invoice_ids)
    return list(rows.select_related("invoice", "policy").prefetch_related("tries").order_by("-id"))
