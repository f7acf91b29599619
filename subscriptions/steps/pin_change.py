"""Reckon a change and pin it: one way for the preview and the commit, so that both come to the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from foundation.clock import from_timestamp, to_timestamp
from foundation.transactions import joins_transaction
from subscriptions.errors import PreviewStale, PreviewTokenInvalid, SubscriptionUnexpectedState
from subscriptions.models import Subscription, SubscriptionStatus
from subscriptions.queries.subscriptions import list_discounts, list_items, now_of
from subscriptions.steps.item_changes import ItemChange, plan_items
from subscriptions.steps.preview_tokens import PinnedPreview, fingerprint, read_token, write_token
from subscriptions.steps.reckon_change import ReckonedChange, reckon_change
from subscriptions.steps.restarts import Anchor, plan_restart, refuse_if_over

CHANGEABLE = (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)
NO_PRORATION = "none"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. items: what of them changes. anchor: where it is to lie, None for what the interval says.

    behavior: create_prorations, always_invoice or none. waits_for_payment: nothing changes before it is paid.
    """

    items: tuple[ItemChange, ...] = ()
    behavior: str = "create_prorations"
    anchor: Anchor | None = None
    credits_unpaid: bool = False
    waits_for_payment: bool = False

    @property
    def is_prorated(self) -> bool:
        return self.behavior != NO_PRORATION


@dataclass(frozen=True, slots=True)
class PinnedChange:
    """A change as it would be at `at`, and the token that says so."""

    change: ReckonedChange
    at: datetime
    token: str

    @property
    def changes_nothing(self) -> bool:
        is_same = not any(plan.is_changed for plan in self.change.plans)
        return is_same and self.change.restart is None


@joins_transaction
def pin_change(
    subscription: Subscription, wish: Wish, *, proration_at: datetime | None = None, token: str = ""
) -> PinnedChange:
    """The subscription is locked. token: of a preview; its date counts, and its figures must come out again.

    Raises: SubscriptionUnexpectedState, PreviewTokenInvalid, PreviewStale, PeriodDatesOutOfOrder; as plan_items,
    plan_restart and reckon_change.
    """
    if subscription.status not in CHANGEABLE:
        raise SubscriptionUnexpectedState(f"A subscription that is {subscription.status} can not be changed.")
    asked = fingerprint(asdict(wish))
    pinned = read_token(token) if token else None
    if pinned is not None:
        if (pinned.subscription, pinned.change) != (subscription.public_id, asked):
            raise PreviewTokenInvalid(param="preview_token")
        if pinned.version != subscription.version:
            raise PreviewStale()
        proration_at = from_timestamp(pinned.proration_seconds)
    now = now_of(subscription.test_clock)
    at = proration_at or now
    change = _reckon(subscription, wish, at=at)
    refuse_if_over(change.restart, now=now)
    amounts = fingerprint(
        [
            [line.amount.amount_minor, line.part_units, line.whole_units, line.period.start, line.period.end]
            for line in change.lines
        ]
    )
    if pinned is not None and pinned.amounts != amounts:
        raise PreviewStale()
    told = PinnedPreview(subscription.public_id, subscription.version, to_timestamp(at), asked, amounts)
    return PinnedChange(change, at, write_token(told))


def start_of_billing(subscription: Subscription, change: ReckonedChange) -> datetime:
    """Where the period begins that the change is billed in: it decides the discounts."""
    restart = change.restart
    return restart.period.start if restart is not None else subscription.current_period_start_at


def _reckon(subscription: Subscription, wish: Wish, *, at: datetime) -> ReckonedChange:
    plans = plan_items(subscription, list_items(subscription), wish.items)
    restart = plan_restart(subscription, plans, at=at, anchor=wish.anchor)
    if subscription.status == SubscriptionStatus.TRIALING:
        return ReckonedChange(plans, restart=restart)
    return reckon_change(
        subscription,
        plans,
        list_discounts(subscription),
        at=at,
        restart=restart,
        is_prorated=wish.is_prorated,
        credits_unpaid=wish.credits_unpaid,
    )


def wish_of(
    changes: Sequence[ItemChange],
    *,
    behavior: str,
    anchor: Anchor | str | None,
    credits_unpaid: bool,
    waits_for_payment: bool = False,
) -> Wish:
    return Wish(
        tuple(changes), behavior, Anchor(anchor) if anchor else None, credits_unpaid, waits_for_payment
    )
