"""A change that waits for its payment: its invoice is written, and the subscription stays as it is until that is paid.

What waits is kept on the subscription (pending_update). The invoice holds the change's own lines and nothing else
that waits, so that voiding it takes nothing else away. While it waits, nothing else changes items or period:
whoever does drops it first. Money that comes for a dropped one is the customer's credit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from foundation.clock import to_timestamp
from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.locks import lock_invoice
from subscriptions.models import (
    Discount,
    Invoice,
    InvoiceLine,
    InvoiceReason,
    InvoiceStatus,
    Subscription,
    SubscriptionItem,
)
from subscriptions.periods import Cycle, Interval, Period
from subscriptions.proration import Basis
from subscriptions.queries.invoices import list_lines
from subscriptions.queries.subscriptions import list_discounts, list_items
from subscriptions.shapes.subscriptions import item_shape
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.finalize_draft import finalize_draft
from subscriptions.steps.item_changes import ItemPlan
from subscriptions.steps.reckon_change import ReckonedChange, credits_of
from subscriptions.steps.reckon_invoice import NewLine
from subscriptions.steps.reckon_subscription import reckon_for_subscription
from subscriptions.steps.restarts import Restart, set_restart
from subscriptions.steps.shelve_draft import shelve_draft
from subscriptions.steps.void_open_invoice import void_open_invoice
from subscriptions.steps.write_change import cut_debit, write_credits
from subscriptions.steps.write_invoice import write_subscription_invoice

PENDING_HOURS = 23
"""How long a change waits for its payment, at most. Source: Stripe, billing/subscriptions/pending-updates, 2026-11."""


def own_lines(change: ReckonedChange) -> list[NewLine]:
    """What the change's own invoice bills. Credits of what still waits for an invoice wait with it."""
    return [line for line in change.lines if line.reverses_item_id is None]


def waits_for(subscription: Subscription, invoice: Invoice) -> bool:
    """Whether a change of the subscription waits for this invoice to be paid."""
    update = subscription.pending_update
    return update is not None and update["invoice"] == str(invoice.id)


@joins_transaction
def write_pending_update(
    subscription: Subscription,
    change: ReckonedChange,
    *,
    at: datetime,
    now: datetime,
    is_prorated: bool,
    invoice_id: UUID,
) -> Invoice:
    """The subscription is locked, and the caller saves it; the change has lines of its own.

    Writes: rows of new items, which are not on the subscription yet; the finalized invoice and its ledger entries.
    """
    before = subscription.latest_invoice_id
    parked = [_park(subscription, plan, now=now) for plan in change.plans]
    # A line is frozen with its invoice: it names the new item from the beginning.
    debits = [(replace(line, item=parked[position]), position) for line, position in change.debits]
    lines = own_lines(replace(change, debits=debits))
    start = change.restart.period.start if change.restart else subscription.current_period_start_at
    end = change.restart.period.end if change.restart else subscription.current_period_end_at
    reckoned = reckon_for_subscription(subscription, lines, list_discounts(subscription), at=start)
    invoice = write_subscription_invoice(
        subscription,
        reckoned,
        reason=InvoiceReason.UPDATE,
        period=Period(at, end),
        now=now,
        auto_advance=False,
        invoice_id=invoice_id,
    )
    expires = min(now + timedelta(hours=PENDING_HOURS), subscription.current_period_end_at)
    subscription.pending_update_expires_at = expires
    subscription.pending_update = {
        "invoice": str(invoice.id),
        "invoice_before": str(before) if before else None,
        "at": at.isoformat(),
        "is_prorated": is_prorated,
        "items": [_item_spec(plan, item) for plan, item in zip(change.plans, parked, strict=True)],
        "restart": _restart_spec(change.restart),
        "shape": _shape(subscription, change, parked),
    }
    finalize_draft(invoice, now=now)
    return invoice


@joins_transaction
def settle_pending_update(subscription: Subscription, invoice: Invoice, *, now: datetime) -> None:
    """Its invoice is paid, or nobody will pay it any more. Writes the subscription, items and debits, and events."""
    if invoice.status == InvoiceStatus.PAID:
        _apply(subscription, invoice, now=now)
    elif invoice.status in (InvoiceStatus.VOID, InvoiceStatus.UNCOLLECTIBLE):
        _forget(subscription)


@joins_transaction
def drop_pending_update(subscription: Subscription, *, now: datetime) -> None:
    """Something else changes the subscription, or the time is over.

    Writes as settle_pending_update, and the void invoice.
    """
    if subscription.pending_update is None:
        return
    invoice = lock_invoice(
        merchant_id=subscription.merchant_id, invoice_id=UUID(subscription.pending_update["invoice"])
    )
    if invoice.status in (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE) and not invoice.amount_paid_minor:
        void_open_invoice(invoice, now=now)
    elif invoice.status == InvoiceStatus.DRAFT:
        shelve_draft(invoice)
    _forget(subscription)


def _apply(subscription: Subscription, invoice: Invoice, *, now: datetime) -> None:
    update = subscription.pending_update
    assert update is not None, "asked for before"
    at = datetime.fromisoformat(update["at"])
    restart = _restart_of(update["restart"])
    lines = list_lines(invoice)
    _cut_reversed(subscription, lines)
    before = {str(item.id): item for item in list_items(subscription)}
    for entry in update["items"]:
        item = before.get(entry["item"])
        if item is not None and (restart is not None or entry["is_changed"]):
            # What is left here waits for an invoice, or was given up with the period that it had paid for.
            own = {line.id for line in lines}
            left = [one for one in credits_of(subscription, item, at=at) if one.debit.id not in own]
            write_credits(subscription, left, now=now, gives_back=update["is_prorated"])
    _set_items(subscription, update["items"], now=now)
    if restart is not None:
        set_restart(subscription, restart)
    _count_discounts(subscription, lines)
    subscription.pending_update = subscription.pending_update_expires_at = None
    subscription.version += 1
    subscription.save()
    announce_subscription(
        subscription, events.SUBSCRIPTION_PENDING_UPDATE_APPLIED, events.SUBSCRIPTION_UPDATED
    )


def _forget(subscription: Subscription) -> None:
    update = subscription.pending_update
    assert update is not None, "asked for before"
    if subscription.latest_invoice_id == UUID(update["invoice"]):
        before = update["invoice_before"]
        subscription.latest_invoice_id = UUID(before) if before else None
    subscription.pending_update = subscription.pending_update_expires_at = None
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_PENDING_UPDATE_EXPIRED)


def _cut_reversed(subscription: Subscription, lines: Sequence[InvoiceLine]) -> None:
    """The debits that the paid invoice gives back are cut where it says."""
    reversed_ = {line.reverses_id: line for line in lines if line.reverses_id is not None}
    rows = InvoiceLine.objects.for_merchant(subscription.merchant_id)
    for debit in rows.filter(pk__in=reversed_):
        credit = reversed_[debit.id]
        cut_debit(debit, at=credit.period_start_at, back_minor=-credit.amount_minor)


def _set_items(subscription: Subscription, entries: Sequence[dict[str, Any]], *, now: datetime) -> None:
    rows = SubscriptionItem.objects.for_merchant(subscription.merchant_id)
    for entry in entries:
        if not entry["is_changed"]:
            continue
        item = rows.get(pk=entry["item"], subscription_id=subscription.id)
        if entry["price"] is None:
            item.removed_at = now
        else:
            item.price_id, item.quantity, item.removed_at = UUID(entry["price"]), entry["quantity"], None
        item.save(update_fields=["price", "quantity", "removed_at"])


def _count_discounts(subscription: Subscription, lines: Sequence[InvoiceLine]) -> None:
    used = {entry["discount"] for line in lines for entry in line.discounts}
    for discount in list_discounts(subscription):
        if discount.public_id in used:
            discount.times_used += 1
            discount.save(update_fields=["times_used"])


def _park(subscription: Subscription, plan: ItemPlan, *, now: datetime) -> SubscriptionItem:
    """The row of a new item, as one that is not on the subscription; it comes when the change is paid."""
    if plan.item is not None:
        return plan.item
    item = SubscriptionItem(
        merchant_id=subscription.merchant_id,
        subscription=subscription,
        price=plan.price,
        quantity=plan.quantity,
        removed_at=now,
        created_at=now,
    )
    item.save(force_insert=True)
    return item


def _item_spec(plan: ItemPlan, item: SubscriptionItem) -> dict[str, Any]:
    return {
        "item": str(item.id),
        "price": str(plan.price.id) if plan.price else None,
        "quantity": plan.quantity,
        "is_changed": plan.is_changed,
    }


def _restart_spec(restart: Restart | None) -> dict[str, Any] | None:
    if restart is None:
        return None
    cycle, period = restart.cycle, restart.period
    return {
        "anchor": cycle.anchor.isoformat(),
        "day": cycle.day,
        "interval": cycle.interval.value,
        "count": cycle.count,
        "zone": cycle.zone,
        "basis": restart.basis.value,
        "period": [period.start.isoformat(), period.end.isoformat()],
    }


def _restart_of(spec: dict[str, Any] | None) -> Restart | None:
    if spec is None:
        return None
    anchor = datetime.fromisoformat(spec["anchor"])
    cycle = Cycle(anchor, Interval(spec["interval"]), spec["count"], spec["zone"], spec["day"])
    start, end = (datetime.fromisoformat(text) for text in spec["period"])
    return Restart(cycle, Period(start, end), Basis(spec["basis"]))


def _shape(
    subscription: Subscription, change: ReckonedChange, parked: Sequence[SubscriptionItem]
) -> dict[str, Any]:
    """As Stripe shows it: the items as they would be, and the anchor where it moves."""
    discounts: list[Discount] = list_discounts(subscription)
    shown = []
    for plan, item in zip(change.plans, parked, strict=True):
        if plan.price is None:
            continue
        would_be = SubscriptionItem(
            id=item.id,
            price=plan.price,
            quantity=plan.quantity,
            tax_rate_ids=item.tax_rate_ids,
            metadata=item.metadata,
            created_at=item.created_at,
        )
        shown.append(item_shape(would_be, subscription, discounts, livemode=subscription.merchant.livemode))
    moved = change.restart.cycle.anchor if change.restart else None
    return {
        "billing_cycle_anchor": to_timestamp(moved) if moved else None,
        "cancel_at_period_end": None,
        "discount": None,
        "discounts": None,
        "metadata": None,
        "subscription_items": shown,
        "trial_end": None,
        "trial_from_plan": None,
    }
