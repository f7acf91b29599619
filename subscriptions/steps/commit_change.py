"""Carry out a reckoned change: items, prorations, the period that begins, and the invoice where one is due at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from foundation.transactions import joins_transaction
from subscriptions.models import (
    Invoice,
    InvoiceReason,
    InvoiceStatus,
    Subscription,
    SubscriptionItem,
    SubscriptionStatus,
)
from subscriptions.periods import Period
from subscriptions.queries.subscriptions import list_discounts, list_items
from subscriptions.steps.bill_usage import UsageLine, mark_usage_billed, until, usage_lines
from subscriptions.steps.finalize_draft import finalize_draft
from subscriptions.steps.follow_invoice import follow_paid_invoice
from subscriptions.steps.reckon_change import ReckonedChange
from subscriptions.steps.reckon_subscription import reckon_for_subscription
from subscriptions.steps.restarts import set_restart
from subscriptions.steps.stage_collection import stage_collection
from subscriptions.steps.subscription_lines import pending_lines
from subscriptions.steps.write_change import write_change
from subscriptions.steps.write_invoice import note_discounts_used, write_subscription_invoice

ALWAYS_INVOICE = "always_invoice"


@joins_transaction
def commit_change(
    subscription: Subscription,
    change: ReckonedChange,
    *,
    at: datetime,
    now: datetime,
    behavior: str,
    invoice_id: UUID | None = None,
    is_collected: bool = True,
) -> Invoice | None:
    """The subscription is locked, and the caller saves it. None: the prorations wait for the next invoice.

    A period that restarts is billed at once, whatever the behaviour; a trial bills nothing. invoice_id: of the invoice.
    is_collected: off leaves the first try to the caller.
    Writes: as write_change; the invoice, its ledger entries and the job that collects it.
    """
    usage = usage_up_to(subscription, change, list_items(subscription), at=at)
    write_change(subscription, change, now=now)
    if change.restart is not None:
        set_restart(subscription, change.restart)
    is_trial = subscription.status == SubscriptionStatus.TRIALING
    if is_trial or (change.restart is None and behavior != ALWAYS_INVOICE):
        return None
    invoice = _invoice_at_once(subscription, usage, at, now=now, invoice_id=invoice_id)
    if invoice is not None and invoice.status == InvoiceStatus.PAID:
        follow_paid_invoice(subscription, invoice, now=now)
    elif invoice is not None and is_collected:
        stage_collection(invoice)
    return invoice


@joins_transaction
def usage_up_to(
    subscription: Subscription,
    change: ReckonedChange,
    items: Sequence[SubscriptionItem],
    *,
    at: datetime,
) -> list[UsageLine]:
    """What was counted in a period that ends here, because another begins. items: as they were."""
    if change.restart is None or subscription.status == SubscriptionStatus.TRIALING:
        return []
    passed = until(subscription, at)
    return usage_lines(subscription, items, period=passed) if passed is not None else []


def _invoice_at_once(
    subscription: Subscription,
    usage: Sequence[UsageLine],
    at: datetime,
    *,
    now: datetime,
    invoice_id: UUID | None,
) -> Invoice | None:
    lines = [*pending_lines(subscription), *(one.line for one in usage)]
    if not lines:
        return None
    discounts = list_discounts(subscription)
    reckoned = reckon_for_subscription(
        subscription, lines, discounts, at=subscription.current_period_start_at
    )
    note_discounts_used(reckoned, discounts)
    invoice = write_subscription_invoice(
        subscription,
        reckoned,
        reason=InvoiceReason.UPDATE,
        period=Period(at, subscription.current_period_end_at),
        now=now,
        invoice_id=invoice_id,
    )
    mark_usage_billed(invoice, usage)
    finalize_draft(invoice, now=now)
    return invoice
