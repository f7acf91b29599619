"""Change a subscription's items in mid-period: plan, seats, items that come and go; never its interval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.locks import lock_subscription
from subscriptions.models import InvoiceReason, InvoiceStatus, Subscription
from subscriptions.periods import Period
from subscriptions.queries.subscriptions import list_discounts, now_of
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.check_interval import refuse_unless_interval_stays
from subscriptions.steps.finalize_draft import finalize_draft
from subscriptions.steps.follow_invoice import follow_paid_invoice
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.pin_change import pin_change
from subscriptions.steps.reckon_subscription import reckon_for_subscription
from subscriptions.steps.stage_collection import stage_collection
from subscriptions.steps.subscription_lines import pending_lines
from subscriptions.steps.write_change import write_change
from subscriptions.steps.write_invoice import write_subscription_invoice

ALWAYS_INVOICE = "always_invoice"


@owns_transaction
def change_items(
    *,
    merchant_id: UUID,
    subscription_id: UUID,
    changes: Sequence[ItemChange],
    proration_behavior: str = "create_prorations",
    proration_at: datetime | None = None,
    credits_unpaid: bool = False,
    preview_token: str = "",
) -> Subscription:
    """proration_behavior: create_prorations (they wait for the next invoice), always_invoice (billed at once), none.

    proration_at: within the current period; None for now. credits_unpaid: also give back what was billed and not paid.
    preview_token: commits what was previewed, to the cent, or is refused.
    Raises: ResourceMissing, SubscriptionUnexpectedState, SubscriptionItemsMissing, SubscriptionItemsDiffer,
    PriceNotRecurring, PriceInactive, QuantityNotAllowed, ProrationDateOutside, PreviewTokenInvalid, PreviewStale.
    Writes: items, the debits that are cut, pending invoice items; with always_invoice the invoice, its ledger entries
    and the job that collects it; the subscription and events.
    Safe to repeat: a token's version has passed then; without one, a change that is made already changes nothing.
    """
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    now = now_of(subscription.test_clock)
    pinned = pin_change(
        subscription,
        changes,
        behavior=proration_behavior,
        proration_at=proration_at,
        credits_unpaid=credits_unpaid,
        token=preview_token,
    )
    refuse_unless_interval_stays(subscription, pinned.change.plans)
    if not any(plan.is_changed for plan in pinned.change.plans):
        return subscription
    write_change(subscription, pinned.change, now=now)
    if proration_behavior == ALWAYS_INVOICE:
        _invoice_at_once(subscription, pinned.at, now=now)
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_UPDATED)
    return subscription


def _invoice_at_once(subscription: Subscription, at: datetime, *, now: datetime) -> None:
    lines = pending_lines(subscription)
    if not lines:
        return
    reckoned = reckon_for_subscription(
        subscription, lines, list_discounts(subscription), at=subscription.current_period_start_at
    )
    invoice = write_subscription_invoice(
        subscription,
        reckoned,
        reason=InvoiceReason.UPDATE,
        period=Period(at, subscription.current_period_end_at),
        now=now,
    )
    finalize_draft(invoice, now=now)
    if invoice.status == InvoiceStatus.PAID:
        follow_paid_invoice(subscription, invoice, now=now)
    else:
        stage_collection(invoice)
