"""The first invoice of a subscription, reckoned. Writes nothing, so a preview is the same sum."""

from __future__ import annotations

from collections.abc import Sequence

from foundation.transactions import joins_transaction
from subscriptions.models import Discount, Subscription, SubscriptionItem
from subscriptions.steps.plan_dates import PlannedDates
from subscriptions.steps.reckon_invoice import ReckonedInvoice
from subscriptions.steps.reckon_subscription import reckon_for_subscription
from subscriptions.steps.subscription_lines import lines_for_periods, lines_for_trial, pending_lines


@joins_transaction
def reckon_first_invoice(
    subscription: Subscription,
    items: Sequence[SubscriptionItem],
    discounts: Sequence[Discount],
    dates: PlannedDates,
) -> ReckonedInvoice:
    """One line per item and natural period that has begun; over nothing during a trial."""
    if dates.trial is not None:
        lines = lines_for_trial(subscription, items, dates.trial)
    else:
        lines = lines_for_periods(subscription, items, dates.billed)
    return reckon_for_subscription(
        subscription, [*lines, *pending_lines(subscription)], discounts, at=dates.started_at
    )
