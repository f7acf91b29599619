"""Write a reckoned change: items as they become, credits and debits as items that wait for an invoice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from foundation.transactions import joins_transaction
from subscriptions.models import InvoiceItem, InvoiceLine, Subscription, SubscriptionItem
from subscriptions.steps.item_changes import ItemPlan
from subscriptions.steps.reckon_change import ProratedCredit, ReckonedChange
from subscriptions.steps.reckon_invoice import NewLine
from subscriptions.steps.write_invoice import note_ruler


@joins_transaction
def write_change(subscription: Subscription, change: ReckonedChange, *, now: datetime) -> None:
    """The subscription is locked. Writes items, the debits that are cut, and pending invoice items."""
    write_credits(subscription, change.credits, now=now)
    items = [_write_item(subscription, plan, now=now) for plan in change.plans]
    for line, position in change.debits:
        _write_pending(subscription, line, items[position], now=now)


@joins_transaction
def write_credits(
    subscription: Subscription, credits: Sequence[ProratedCredit], *, now: datetime, gives_back: bool = True
) -> None:
    """gives_back: off only cuts. Writes the debits that are cut, and credits that wait for an invoice."""
    for one in credits:
        back = -one.credit.amount_minor if gives_back else 0
        cut_debit(one.debit, at=one.credit.start, back_minor=back)
        if back:
            _write_pending(subscription, one.line, one.line.item, now=now)


@joins_transaction
def cut_debit(debit: InvoiceLine | InvoiceItem, *, at: datetime, back_minor: int) -> None:
    """The debit covers nothing from here on, even where its rest rounds to nothing. Writes it."""
    debit.cut_at = at
    debit.credited_minor += back_minor
    debit.save(update_fields=["cut_at", "credited_minor"])


def _write_item(subscription: Subscription, plan: ItemPlan, *, now: datetime) -> SubscriptionItem:
    item = plan.item
    if item is None:
        item = SubscriptionItem(
            merchant_id=subscription.merchant_id,
            subscription=subscription,
            price=plan.price,
            quantity=plan.quantity,
            created_at=now,
        )
        item.save(force_insert=True)
    elif plan.price is None:
        item.removed_at = now
        item.save(update_fields=["removed_at"])
    elif plan.is_changed:
        item.price, item.quantity = plan.price, plan.quantity
        item.save(update_fields=["price", "quantity"])
    return item


def _write_pending(
    subscription: Subscription, line: NewLine, item: SubscriptionItem | None, *, now: datetime
) -> None:
    if line.amount.is_zero:
        return
    row = InvoiceItem(
        merchant_id=subscription.merchant_id,
        customer_id=subscription.customer_id,
        subscription=subscription,
        subscription_item=item,
        price=line.price,
        description=line.description[:500],
        amount_minor=line.amount.amount_minor,
        currency=line.amount.currency,
        quantity=line.quantity,
        unit_amount=line.price.unit_amount if line.price else None,
        is_discountable=line.is_discountable,
        is_proration=line.is_proration,
        period_start_at=line.period.start,
        period_end_at=line.period.end,
        part_units=line.part_units,
        whole_units=line.whole_units,
        tax_rate_ids=list(line.tax_rate_ids),
        reverses_line_id=line.reverses_line_id,
        reverses_item_id=line.reverses_item_id,
        created_at=now,
    )
    note_ruler(row, line)
    row.save(force_insert=True)
