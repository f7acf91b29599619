"""Preview the next renewal: the invoice that would come at the next boundary, as everything stands now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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
from subscriptions.steps.restarts import Restart, restart_at_boundary, set_restart
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
    restart: Restart | None = None,
) -> RenewalPreview | None:
    """None when nothing more is billed. changes: as they would be from the boundary on, without prorations.

    with_pending: also what waits for the next invoice. restart: a period that the changes would begin before then.
    Raises: ResourceMissing; as plan_items.
    Writes nothing of the subscription; the merchant's billing rows where they are missing.
    Safe to repeat: nothing changes.
    """
    rows = list_subscriptions(merchant_id=merchant_id).select_related("customer")
    subscription = rows.filter(pk=subscription_id).first()
    if subscription is None:
        raise ResourceMissing("No such subscription.", param="subscription")
    if subscription.next_billing_at is None:
        return None
    items = list_items(subscription)
    discounts = list_discounts(subscription)
    plans = plan_items(subscription, items, changes)
    kept = [_item(subscription, plan) for plan in plans if plan.price]
    due, passed = _move_to(subscription, plans, restart)
    period = subscription.cycle.period_at(due)
    lines = [
        *(pending_lines(subscription) if with_pending else []),
        *(usage.line for usage in usage_lines(subscription, items, period=passed)),
        *lines_for_periods(subscription, kept, [period]),
    ]
    reckoned = reckon_for_subscription(subscription, lines, discounts, at=period.start)
    return RenewalPreview(reckoned, period, items, discounts)


def _move_to(
    subscription: Subscription, plans: Sequence[ItemPlan], restart: Restart | None
) -> tuple[datetime, Period]:
    """(the boundary, the period that ends there). The row at hand gets the cycle it would have; it is not saved."""
    if restart is not None:
        set_restart(subscription, restart)
        return restart.period.end, restart.period
    due = subscription.next_billing_at
    assert due is not None, "looked at before"
    passed = Period(subscription.current_period_start_at, due)
    longer = restart_at_boundary(subscription, plans, at=due)
    if longer is not None:
        set_restart(subscription, longer)
    return due, passed


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
