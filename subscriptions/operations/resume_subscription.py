"""Resume a subscription that paused at the end of its trial: a resumption invoice decides."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from subscriptions import events
from subscriptions.errors import SubscriptionUnexpectedState
from subscriptions.locks import lock_subscription
from subscriptions.models import (
    CollectionMethod,
    InvoiceReason,
    InvoiceStatus,
    Subscription,
    SubscriptionStatus,
)
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.periods import Period
from subscriptions.queries.subscriptions import get_subscription, list_discounts, list_items, now_of
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.finalize_draft import finalize_draft
from subscriptions.steps.plan_dates import INCOMPLETE_HOURS
from subscriptions.steps.reckon_subscription import reckon_for_subscription
from subscriptions.steps.subscription_lines import lines_for_periods, pending_lines
from subscriptions.steps.write_invoice import note_discounts_used, write_subscription_invoice

S = SubscriptionStatus


@outside_transaction
def resume_subscription(
    *, merchant_id: UUID, subscription_id: UUID, keeps_anchor: bool = False, in_background: bool = False
) -> Subscription:
    """keeps_anchor: the rest of the running period is billed; otherwise a new one begins now, and the anchor with it.

    Raises: ResourceMissing, SubscriptionUnexpectedState; as collect_invoice.
    Writes: the invoice, the subscription; its payment makes it active. Unpaid for 23 hours, the invoice is void and
    the subscription stays paused.
    Safe to repeat: one that has an open resumption invoice is refused.
    """
    subscription = _open_resumption(
        merchant_id=merchant_id, subscription_id=subscription_id, keeps_anchor=keeps_anchor
    )
    is_charged = subscription.collection_method == CollectionMethod.CHARGE_AUTOMATICALLY
    if subscription.status == S.PAUSED and is_charged and subscription.latest_invoice_id is not None:
        collect_invoice(
            merchant_id=merchant_id,
            invoice_id=subscription.latest_invoice_id,
            attempt=1,
            in_background=in_background,
        )
    return get_subscription(merchant_id=merchant_id, subscription_id=subscription_id)


@owns_transaction
def _open_resumption(*, merchant_id: UUID, subscription_id: UUID, keeps_anchor: bool) -> Subscription:
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    if subscription.status != S.PAUSED or subscription.incomplete_expires_at is not None:
        raise SubscriptionUnexpectedState("Only a paused subscription can be resumed, and once at a time.")
    now = now_of(subscription.test_clock)
    if not keeps_anchor:
        subscription.anchor_at, subscription.anchor_day = now, None
    end = subscription.cycle.next_boundary(now)
    items, discounts = list_items(subscription), list_discounts(subscription)
    lines = [*pending_lines(subscription), *lines_for_periods(subscription, items, [Period(now, end)])]
    reckoned = reckon_for_subscription(subscription, lines, discounts, at=now)
    note_discounts_used(reckoned, discounts)
    invoice = write_subscription_invoice(
        subscription, reckoned, reason=InvoiceReason.UPDATE, period=Period(now, end), now=now
    )
    finalize_draft(invoice, now=now)
    subscription.current_period_start_at, subscription.current_period_end_at = now, end
    subscription.next_billing_at = end
    subscription.incomplete_expires_at = now + timedelta(hours=INCOMPLETE_HOURS)
    is_sent = subscription.collection_method == CollectionMethod.SEND_INVOICE
    types = [events.SUBSCRIPTION_UPDATED]
    if is_sent or invoice.status == InvoiceStatus.PAID:
        subscription.activate()
        types = [events.SUBSCRIPTION_RESUMED, *types]
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, *types)
    return subscription
