"""Write the invoice of a change that is made when it is paid; what needs no payment is made at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import SubscriptionUnexpectedState
from subscriptions.locks import lock_subscription
from subscriptions.models import CollectionMethod, InvoiceStatus, Subscription
from subscriptions.queries.invoices import find_invoice
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.commit_change import ALWAYS_INVOICE, commit_change
from subscriptions.steps.follow_invoice import follow_paid_invoice
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.pending_update import own_lines, write_pending_update
from subscriptions.steps.pin_change import PinnedChange, pin_change, wish_of
from subscriptions.steps.restarts import Anchor


@owns_transaction
def open_pending_update(
    *,
    merchant_id: UUID,
    subscription_id: UUID,
    invoice_id: UUID,
    changes: Sequence[ItemChange] = (),
    proration_behavior: str = ALWAYS_INVOICE,
    anchor: Anchor | str | None = None,
    proration_at: datetime | None = None,
    credits_unpaid: bool = False,
    preview_token: str = "",
) -> Subscription:
    """Arguments as change_items has them; with create_prorations nothing is due now, and so nothing waits.

    Raises: as change_items; SubscriptionUnexpectedState also when its invoices are sent: nobody could be charged.
    Writes: the invoice and its ledger entries, rows of new items, the subscription's pending update; where nothing is
    owed, as change_items does; events.
    Safe to repeat: an invoice_id that is there says that it is done.
    """
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    if find_invoice(merchant_id=merchant_id, invoice_id=invoice_id) is not None:
        return subscription
    if subscription.pending_update is not None:
        raise SubscriptionUnexpectedState("A change of the subscription waits for its payment.")
    if subscription.collection_method != CollectionMethod.CHARGE_AUTOMATICALLY:
        raise SubscriptionUnexpectedState(
            "A change waits for its payment only where invoices are charged.", param="payment_behavior"
        )
    now = now_of(subscription.test_clock)
    wish = wish_of(
        changes,
        behavior=proration_behavior,
        anchor=anchor,
        credits_unpaid=credits_unpaid,
        waits_for_payment=True,
    )
    pinned = pin_change(subscription, wish, proration_at=proration_at, token=preview_token)
    if pinned.changes_nothing:
        return subscription
    is_billed = proration_behavior == ALWAYS_INVOICE or pinned.change.restart is not None
    if not (is_billed and own_lines(pinned.change)):
        return _make_at_once(subscription, pinned, behavior=proration_behavior, now=now)
    invoice = write_pending_update(
        subscription,
        pinned.change,
        at=pinned.at,
        now=now,
        is_prorated=wish.is_prorated,
        invoice_id=invoice_id,
    )
    subscription.version += 1
    subscription.save()
    if invoice.status == InvoiceStatus.PAID:
        follow_paid_invoice(subscription, invoice, now=now)
    else:
        announce_subscription(subscription, events.SUBSCRIPTION_UPDATED)
    return subscription


def _make_at_once(
    subscription: Subscription, pinned: PinnedChange, *, behavior: str, now: datetime
) -> Subscription:
    """Nothing is billed now, so there is no payment to wait for."""
    commit_change(subscription, pinned.change, at=pinned.at, now=now, behavior=behavior)
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_UPDATED)
    return subscription
