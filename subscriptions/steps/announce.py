"""Publish what happened to subscriptions and invoices: rows in the caller's transaction, each object as it stands."""

from __future__ import annotations

from typing import Any

from foundation.events.publishing import NewEvent, publish_all
from foundation.tenancy.scoping import TenantModel
from foundation.transactions import joins_transaction
from subscriptions.models import CreditNote, Invoice, Subscription, SubscriptionSchedule
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
    shape = subscription_shape(
        subscription,
        list_items(subscription),
        list_discounts(subscription),
        livemode=subscription.merchant.livemode,
    )
    publish_all([_event(subscription, type_, shape) for type_ in types])


@joins_transaction
def announce_invoice(invoice: Invoice, *types: str) -> None:
    shape = invoice_shape(invoice, list_lines(invoice), livemode=invoice.merchant.livemode)
    publish_all([_event(invoice, type_, shape) for type_ in types])


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
