"""Write the drafts of many renewals, and the dates and discounts that move with them, in a few statements."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from uuid import UUID

from foundation.events.publishing import NewEvent, publish_all
from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.models import Discount, Invoice, InvoiceLine, Subscription
from subscriptions.steps.announce import invoice_events, subscription_events
from subscriptions.steps.bill_usage import UsageLine, mark_events_billed
from subscriptions.steps.billing_facts import BillingFacts
from subscriptions.steps.reckon_invoice import ReckonedInvoice
from subscriptions.steps.write_invoice import line_rows, write_rows

MOVED = [
    "current_period_start_at",
    "current_period_end_at",
    "next_billing_at",
    "lease_ends_at",
    "latest_invoice",
    "version",
]
"""What every renewal changes of its subscription."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A renewal that is reckoned and not written: the subscription as it will stand, locked; the invoice's row."""

    subscription: Subscription
    facts: BillingFacts
    invoice: Invoice
    reckoned: ReckonedInvoice
    usage: Sequence[UsageLine]


@joins_transaction
def write_drafts(drafts: Sequence[Draft], *, changed: Container[UUID]) -> None:
    """Of one merchant. changed: subscriptions of which more than the dates moved.

    Writes invoices, lines, invoice.created; what usage and discounts they took; the subscriptions and their events.
    """
    if not drafts:
        return
    rows = {draft.invoice.id: line_rows(draft.invoice, draft.reckoned) for draft in drafts}
    Invoice.across_merchants.bulk_create([draft.invoice for draft in drafts])
    write_rows([row for of_one in rows.values() for row in of_one])
    for draft in drafts:
        _mark_usage(draft, rows[draft.invoice.id])
    _count_discounts(drafts)
    _save_subscriptions(drafts, changed)
    publish_all([event for draft in drafts for event in _events(draft, rows[draft.invoice.id])])


def _mark_usage(draft: Draft, rows: Sequence[InvoiceLine]) -> None:
    """The line of an item's usage is the one of it that no pending item became."""
    for usage in draft.usage:
        if usage.event_ids:
            [row] = [
                one for one in rows if one.subscription_item_id == usage.item.id and not one.is_proration
            ]
            mark_events_billed(row, usage.event_ids)


def _count_discounts(drafts: Sequence[Draft]) -> None:
    used: list[Discount] = []
    for draft in drafts:
        taken = {one.discount_id for line in draft.reckoned.lines for one in line.discounts}
        used += [one for one in draft.facts.discounts if one.id in taken]
    for discount in used:
        discount.times_used += 1
    if used:
        Discount.objects.for_merchant(used[0].merchant_id).bulk_update(used, ["times_used"])


def _save_subscriptions(drafts: Sequence[Draft], changed: Container[UUID]) -> None:
    moved: list[Subscription] = []
    for draft in drafts:
        draft.subscription.latest_invoice = draft.invoice
        draft.subscription.version += 1
        if draft.subscription.id in changed:
            draft.subscription.save()
        else:
            moved.append(draft.subscription)
    if moved:
        Subscription.objects.for_merchant(moved[0].merchant_id).bulk_update(moved, MOVED)


def _events(draft: Draft, rows: Sequence[InvoiceLine]) -> list[NewEvent]:
    of_invoice = invoice_events(draft.invoice, rows, events.INVOICE_CREATED)
    of_subscription = subscription_events(
        draft.subscription, draft.facts.items, draft.facts.discounts, events.SUBSCRIPTION_UPDATED
    )
    return [*of_invoice, *of_subscription]
