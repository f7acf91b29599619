"""Reckon a change of items and pin it: one way for the preview and the commit, so that both come to the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from foundation.clock import from_timestamp, to_timestamp
from foundation.transactions import joins_transaction
from subscriptions.errors import PreviewStale, PreviewTokenInvalid, SubscriptionUnexpectedState
from subscriptions.models import Subscription, SubscriptionStatus
from subscriptions.queries.subscriptions import list_discounts, list_items, now_of
from subscriptions.steps.item_changes import ItemChange, ReckonedChange, plan_items, reckon_change
from subscriptions.steps.preview_tokens import PinnedPreview, fingerprint, read_token, write_token

CHANGEABLE = (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)


@dataclass(frozen=True, slots=True)
class PinnedChange:
    """A change as it would be at `at`, and the token that says so."""

    change: ReckonedChange
    at: datetime
    token: str


@joins_transaction
def pin_change(
    subscription: Subscription,
    changes: Sequence[ItemChange],
    *,
    behavior: str,
    proration_at: datetime | None,
    credits_unpaid: bool,
    token: str = "",
) -> PinnedChange:
    """The subscription is locked. token: of a preview; its date counts, and its figures must come out again.

    Raises: SubscriptionUnexpectedState, PreviewTokenInvalid, PreviewStale; as plan_items and reckon_change.
    """
    if subscription.status not in CHANGEABLE:
        raise SubscriptionUnexpectedState(f"A subscription that is {subscription.status} can not be changed.")
    asked = fingerprint([[asdict(change) for change in changes], behavior, credits_unpaid])
    pinned = read_token(token) if token else None
    if pinned is not None:
        if (pinned.subscription, pinned.change) != (subscription.public_id, asked):
            raise PreviewTokenInvalid(param="preview_token")
        if pinned.version != subscription.version:
            raise PreviewStale()
        proration_at = from_timestamp(pinned.proration_seconds)
    at = proration_at or now_of(subscription.test_clock)
    change = _reckon(subscription, changes, behavior=behavior, at=at, credits_unpaid=credits_unpaid)
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


def _reckon(
    subscription: Subscription,
    changes: Sequence[ItemChange],
    *,
    behavior: str,
    at: datetime,
    credits_unpaid: bool,
) -> ReckonedChange:
    plans = plan_items(subscription, list_items(subscription), changes)
    if behavior == "none" or subscription.status == SubscriptionStatus.TRIALING:
        return ReckonedChange(plans)
    return reckon_change(
        subscription, plans, list_discounts(subscription), at=at, credits_unpaid=credits_unpaid
    )
