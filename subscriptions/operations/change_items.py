"""Change a subscription in mid-period: plan, seats, items that come and go, its interval, its anchor.

Whether the payment decides is change_subscription's; here the change is made, and what it comes to is owed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import SubscriptionUnexpectedState
from subscriptions.locks import lock_subscription
from subscriptions.models import Subscription
from subscriptions.queries.invoices import find_invoice
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.commit_change import commit_change
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.pin_change import pin_change, wish_of
from subscriptions.steps.restarts import Anchor


@owns_transaction
def change_items(
    *,
    merchant_id: UUID,
    subscription_id: UUID,
    changes: Sequence[ItemChange] = (),
    proration_behavior: str = "create_prorations",
    anchor: Anchor | str | None = None,
    proration_at: datetime | None = None,
    credits_unpaid: bool = False,
    preview_token: str = "",
    invoice_id: UUID | None = None,
    is_collected: bool = True,
) -> Subscription:
    """proration_behavior: create_prorations (they wait for the next invoice), always_invoice (billed at once), none.

    anchor: now begins a new period, unchanged keeps the billing day over a change of interval; None: another interval
    begins a new period. A period that begins is billed at once. With `none` what the old one had paid for is given up.
    proration_at: within the current period; None for now. credits_unpaid: also give back what was billed and not paid.
    preview_token: commits what was previewed, to the cent, or is refused. invoice_id: of the invoice, where one is due.
    is_collected: off leaves the first try to the caller.
    Raises: ResourceMissing, SubscriptionUnexpectedState, SubscriptionItemsMissing, SubscriptionItemsDiffer,
    PriceNotRecurring, PriceInactive, QuantityNotAllowed, ProrationDateOutside, PeriodDatesOutOfOrder,
    PreviewTokenInvalid, PreviewStale.
    Writes: items, the debits that are cut, pending invoice items; with always_invoice or a new period the invoice, its
    ledger entries and the job that collects it; the subscription and events.
    Safe to repeat: a token's version has passed then, and an invoice_id that is there says that it is done; without
    either, a change that is made already changes nothing.
    """
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    if invoice_id is not None and find_invoice(merchant_id=merchant_id, invoice_id=invoice_id) is not None:
        return subscription
    if subscription.pending_update is not None:
        raise SubscriptionUnexpectedState("A change of the subscription waits for its payment.")
    now = now_of(subscription.test_clock)
    wish = wish_of(changes, behavior=proration_behavior, anchor=anchor, credits_unpaid=credits_unpaid)
    pinned = pin_change(subscription, wish, proration_at=proration_at, token=preview_token)
    if pinned.changes_nothing:
        return subscription
    commit_change(
        subscription,
        pinned.change,
        at=pinned.at,
        now=now,
        behavior=proration_behavior,
        invoice_id=invoice_id,
        is_collected=is_collected,
    )
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_UPDATED)
    return subscription
