"""What a halted subscription has missed, and what each period would be billed with. Writes nothing."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import datetime

from foundation.clock import to_timestamp
from foundation.money import Money
from foundation.transactions import joins_transaction
from subscriptions.errors import SubscriptionUnexpectedState
from subscriptions.models import Subscription
from subscriptions.periods import Period, periods_between
from subscriptions.queries.subscriptions import list_discounts, list_items
from subscriptions.steps.preview_tokens import fingerprint
from subscriptions.steps.reckon_subscription import reckon_for_subscription
from subscriptions.steps.subscription_lines import lines_for_periods, pending_lines


@dataclass(frozen=True, slots=True)
class MissedPeriod:
    """total: with discounts and tax, as its items stand now; usage comes on top."""

    period: Period
    total: Money


@dataclass(frozen=True, slots=True)
class MissedRenewals:
    """missed: the periods that are over, oldest first. running: the one that is billed in any case.

    token: says that what was shown is still so.
    """

    missed: list[MissedPeriod]
    running: MissedPeriod
    token: str

    @property
    def total(self) -> Money:
        return sum((one.total for one in self.missed), Money.zero(self.running.total.currency))


@joins_transaction
def reckon_missed(subscription: Subscription, *, now: datetime) -> MissedRenewals:
    """The subscription is locked. Raises SubscriptionUnexpectedState (it is not halted), TooManyPeriods."""
    if subscription.halted_at is None or subscription.next_billing_at is None:
        raise SubscriptionUnexpectedState("Renewing was not halted.")
    periods = periods_between(subscription.cycle, subscription.next_billing_at, now)
    items = list_items(subscription)
    # Copies: a discount of three months is used up while the periods are reckoned, and not by looking.
    discounts = [copy(one) for one in list_discounts(subscription)]
    waiting = pending_lines(subscription)
    found = []
    for position, period in enumerate(periods):
        lines = [*(waiting if position == 0 else ()), *lines_for_periods(subscription, items, [period])]
        reckoned = reckon_for_subscription(subscription, lines, discounts, at=period.start)
        used = {one.discount_id for line in reckoned.lines for one in line.discounts}
        for discount in discounts:
            discount.times_used += discount.id in used
        found.append(MissedPeriod(period, Money(reckoned.total_minor, subscription.currency)))
    *missed, running = found
    token = fingerprint(
        [
            subscription.public_id,
            subscription.version,
            [[to_timestamp(one.period.start), one.total.amount_minor] for one in found],
        ]
    )
    return MissedRenewals(missed, running, token)
