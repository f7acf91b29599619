"""Publish what happened to subscriptions and invoices: rows in the caller's transaction, each object as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foundation.events.publishing import NewEvent, publish_all
from foundation.tenancy.scoping import TenantModel
from foundation.transactions import joins_transaction
from subscriptions.models import (
    CreditNote,
    Discount,
    Invoice,
    InvoiceLine,
    Subscription,
    SubscriptionItem,
    SubscriptionSchedule,
)
from subscriptions.queries.invoices import list_lines, list_note_lines
from subscriptions.queries.subscriptions import list_discounts, list_items, list_phases
from subscriptions.shapes import (
    credit_note_shape,
    invoice_shape,
    schedule_shape,
    subscription_shape,
)


@joins_transaction
def announce(row: TenantModel, type_: str, shape: dict[str, Any]) -> None:
    """One event of an object that is nothing but its row."""
    publish_all([_event(row, type_, shape)])


@joins_transaction
def announce_subscription(subscription: Subscription, *types: str) -> None:
    items, discounts = list_items(subscription), list_discounts(subscription)
    publish_all(subscription_events(subscription, items, discounts, *types))


@joins_transaction
def announce_invoice(invoice: Invoice, *types: str) -> None:
    publish_all(invoice_events(invoice, list_lines(invoice), *types))


def subscription_events(
    subscription: Subscription,
    items: Sequence[SubscriptionItem],
    discounts: Sequence[Discount],
    *types: str,
) -> list[NewEvent]:
    """To be published by whoever announces many at once. items: as list_items."""
    shape = subscription_shape(subscription, items, discounts, livemode=subscription.merchant.livemode)
    return [_event(subscription, type_, shape) for type_ in types]


def invoice_events(invoice: Invoice, lines: Sequence[InvoiceLine], *types: str) -> list[NewEvent]:
    """To be published by whoever announces many at once. lines: as list_lines."""
    shape = invoice_shape(invoice, lines, livemode=invoice.merchant.livemode)
    return [_event(invoice, type_, shape) for type_ in types]


@joins_transaction
def announce_credit_note(note: CreditNote, type_: str) -> None:
    shape = credit_note_shape(note, list_note_lines(note), livemode=note.merchant.livemode)
    publish_all([_event(note, type_, shape)])


@joins_transaction
def announce_schedule(schedule: SubscriptionSchedule, type_: str) -> None:
    shape = schedule_shape(schedule, list_phases(schedule), livemode=schedule.merchant.livemode)
    publish_all([_event(schedule, type_, shape)])


def _event(row: TenantModel, type_: str, shape: dict[str, Any]) -> NewEvent:
    return NewEvent(
        merchant_id=row.merchant_id,
        type=type_,
        object_type=shape["object"],
        object_id=row.id,
        data=shape,
    )
