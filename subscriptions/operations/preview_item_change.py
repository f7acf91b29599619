"""Preview a change of items: the lines with their formula, the total, and a token that pins them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions.locks import lock_subscription
from subscriptions.queries.subscriptions import list_discounts
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.pin_change import pin_change
from subscriptions.steps.reckon_invoice import ReckonedInvoice
from subscriptions.steps.reckon_subscription import reckon_for_subscription
from subscriptions.steps.subscription_lines import pending_lines


@dataclass(frozen=True, slots=True)
class Preview:
    """invoice: the prorations and whatever waits beside them, as billed now. token: commits just this."""

    invoice: ReckonedInvoice
    proration_at: datetime
    token: str


@owns_transaction
def preview_item_change(
    *,
    merchant_id: UUID,
    subscription_id: UUID,
    changes: Sequence[ItemChange],
    proration_behavior: str = "create_prorations",
    proration_at: datetime | None = None,
    credits_unpaid: bool = False,
) -> Preview:
    """proration_at: None for now. The arguments are those of change_items.

    Raises: ResourceMissing, SubscriptionUnexpectedState, ProrationDateOutside; as change_items.
    Writes nothing of the subscription; the merchant's billing rows where they are missing.
    Safe to repeat: nothing changes.
    """
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    pinned = pin_change(
        subscription,
        changes,
        behavior=proration_behavior,
        proration_at=proration_at,
        credits_unpaid=credits_unpaid,
    )
    invoice = reckon_for_subscription(
        subscription,
        [*pending_lines(subscription), *pinned.change.lines],
        list_discounts(subscription),
        at=subscription.current_period_start_at,
    )
    return Preview(invoice, pinned.at, pinned.token)
