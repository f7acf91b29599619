"""End a subscription for good: what was used is billed, its open invoices stop collecting."""

from __future__ import annotations

from datetime import datetime

from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.models import Invoice, InvoiceReason, InvoiceStatus, RunStatus, Subscription
from subscriptions.periods import Period
from subscriptions.queries.subscriptions import list_discounts, list_items
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.bill_usage import mark_usage_billed, until, usage_lines
from subscriptions.steps.dunning import stop_run
from subscriptions.steps.finalize_draft import finalize_draft
from subscriptions.steps.pending_update import drop_pending_update
from subscriptions.steps.reckon_subscription import reckon_for_subscription
from subscriptions.steps.stage_collection import stage_collection
from subscriptions.steps.subscription_lines import pending_lines
from subscriptions.steps.write_invoice import note_discounts_used, write_subscription_invoice


@joins_transaction
def end_subscription(subscription: Subscription, *, at: datetime, now: datetime, reason: str = "") -> None:
    """at: the first instant that is not provided any more. The subscription is locked.

    Writes: a last invoice where usage or pending items are left, the invoices that stop, the subscription, its event.
    """
    drop_pending_update(subscription, now=now)
    _stop_collecting(subscription, now=now)
    period = until(subscription, at)
    if period is not None:
        _bill_the_rest(subscription, period, now=now)
    subscription.cancel(at)
    subscription.cancellation_reason = reason or subscription.cancellation_reason or "cancellation_requested"
    subscription.lease_ends_at = None
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_DELETED)


def _bill_the_rest(subscription: Subscription, period: Period, *, now: datetime) -> None:
    items, discounts = list_items(subscription), list_discounts(subscription)
    usage = [one for one in usage_lines(subscription, items, period=period) if one.event_ids]
    lines = [*pending_lines(subscription), *(one.line for one in usage)]
    if not lines:
        return
    reckoned = reckon_for_subscription(subscription, lines, discounts, at=period.start)
    note_discounts_used(reckoned, discounts)
    # Not a cycle: the renewal of this period has had that already.
    invoice = write_subscription_invoice(
        subscription, reckoned, reason=InvoiceReason.UPDATE, period=Period(period.start, period.end), now=now
    )
    mark_usage_billed(invoice, usage)
    finalize_draft(invoice, now=now)
    stage_collection(invoice)


def _stop_collecting(subscription: Subscription, *, now: datetime) -> None:
    rows = Invoice.objects.for_merchant(subscription.merchant_id)
    waiting = rows.filter(
        subscription_id=subscription.id, status__in=[InvoiceStatus.DRAFT, InvoiceStatus.OPEN]
    )
    for invoice in waiting.filter(dunning_runs__status=RunStatus.RUNNING):
        stop_run(invoice, now=now, reason="canceled")
    waiting.update(auto_advance=False, next_payment_attempt_at=None)
