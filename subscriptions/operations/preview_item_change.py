"""Preview a change of a subscription: the lines with their formula, the total, and a token that pins them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions.locks import lock_subscription
from subscriptions.models import Subscription
from subscriptions.periods import Period
from subscriptions.queries.subscriptions import list_discounts, list_items
from subscriptions.steps.commit_change import ALWAYS_INVOICE, usage_up_to
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.pending_update import own_lines
from subscriptions.steps.pin_change import PinnedChange, Wish, pin_change, start_of_billing, wish_of
from subscriptions.steps.reckon_invoice import NewLine, ReckonedInvoice
from subscriptions.steps.reckon_subscription import reckon_for_subscription
from subscriptions.steps.restarts import Anchor, Restart
from subscriptions.steps.subscription_lines import pending_lines


@dataclass(frozen=True, slots=True)
class Preview:
    """invoice: the prorations and whatever waits beside them, as billed now. token: commits just this.

    period: what would run from the change on. restart: None when the running period goes on.
    """

    invoice: ReckonedInvoice
    proration_at: datetime
    period: Period
    token: str
    restart: Restart | None = None


@owns_transaction
def preview_item_change(
    *,
    merchant_id: UUID,
    subscription_id: UUID,
    changes: Sequence[ItemChange] = (),
    proration_behavior: str = "create_prorations",
    anchor: Anchor | str | None = None,
    proration_at: datetime | None = None,
    credits_unpaid: bool = False,
    waits_for_payment: bool = False,
) -> Preview:
    """proration_at: None for now. waits_for_payment: of change_subscription under pending_if_incomplete or
    error_if_incomplete; its invoice has nothing but the change. The other arguments are those of change_items.

    Raises: ResourceMissing, SubscriptionUnexpectedState, ProrationDateOutside; as change_items.
    Writes nothing of the subscription; the merchant's billing rows where they are missing.
    Safe to repeat: nothing changes.
    """
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    wish = wish_of(
        changes,
        behavior=proration_behavior,
        anchor=anchor,
        credits_unpaid=credits_unpaid,
        waits_for_payment=waits_for_payment,
    )
    pinned = pin_change(subscription, wish, proration_at=proration_at)
    invoice = reckon_for_subscription(
        subscription,
        _lines(subscription, wish, pinned),
        list_discounts(subscription),
        at=start_of_billing(subscription, pinned.change),
    )
    restart = pinned.change.restart
    end = restart.period.end if restart else subscription.current_period_end_at
    return Preview(invoice, pinned.at, Period(pinned.at, end), pinned.token, restart)


def _lines(subscription: Subscription, wish: Wish, pinned: PinnedChange) -> list[NewLine]:
    """In the order in which the commit has them."""
    change = pinned.change
    is_billed = wish.behavior == ALWAYS_INVOICE or change.restart is not None
    if wish.waits_for_payment and is_billed:
        return own_lines(change)
    usage = usage_up_to(subscription, change, list_items(subscription), at=pinned.at)
    return [*pending_lines(subscription), *change.lines, *(one.line for one in usage)]
