"""Preview the next renewal: the invoice that would come at the next boundary, as everything stands now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.transactions import owns_transaction
from subscriptions.models import Discount, Subscription, SubscriptionItem
from subscriptions.periods import Period
from subscriptions.queries.subscriptions import list_discounts, list_items, list_subscriptions
from subscriptions.steps.bill_usage import usage_lines
from subscriptions.steps.item_changes import ItemChange, ItemPlan, plan_items
from subscriptions.steps.reckon_invoice import ReckonedInvoice
from subscriptions.steps.reckon_subscription import reckon_for_subscription
from subscriptions.steps.subscription_lines import lines_for_periods, pending_lines


@dataclass(frozen=True, slots=True)
class RenewalPreview:
    """invoice: usage is what was counted so far. period: what it would bill in advance."""

    invoice: ReckonedInvoice
    period: Period
    items: list[SubscriptionItem]
    discounts: list[Discount]


@owns_transaction
def preview_renewal(
    *,
    merchant_id: UUID,
    subscription_id: UUID,
    changes: Sequence[ItemChange] = (),
    with_pending: bool = True,
) -> RenewalPreview | None:
    """None when nothing more is billed. changes: as they would be from the boundary on, without prorations.

    with_pending: also what waits for the next invoice.
    Raises: ResourceMissing; as plan_items.
    Writes nothing of the subscription; the merchant's billing rows where they are missing.
    Safe to repeat: nothing changes.
    """
    rows = list_subscriptions(merchant_id=merchant_id).select_related("customer")
    subscription = rows.filter(pk=subscription_id).first()
    if subscription is None:
        raise ResourceMissing("No such subscription.", param="subscription")
    due = subscription.next_billing_at
    if due is None:
        return None
    items = list_items(subscription)
    discounts = list_discounts(subscription)
    kept = [_item(subscription, plan) for plan in plan_items(subscription, items, changes) if plan.price]
    period = subscription.cycle.period_at(due)
    passed = Period(subscription.current_period_start_at, due)
    lines = [
        *(pending_lines(subscription) if with_pending else []),
        *(usage.line for usage in usage_lines(subscription, items, period=passed)),
        *lines_for_periods(subscription, kept, [period]),
    ]
    reckoned = reckon_for_subscription(subscription, lines, discounts, at=period.start)
    return RenewalPreview(reckoned, period, items, discounts)


def _item(subscription: Subscription, plan: ItemPlan) -> SubscriptionItem:
    """The item as it would be; never saved."""
    known = plan.item
    return SubscriptionItem(
        id=known.id if known else None,
        merchant_id=subscription.merchant_id,
        subscription=subscription,
        price=plan.price,
        quantity=plan.quantity,
        tax_rate_ids=known.tax_rate_ids if known else [],
    )
