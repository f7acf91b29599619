"""Renew subscriptions that are locked: the next period's draft and the next date, in the caller's transaction.

One is renewed as many are. What all need is read at once and written at once; in between stands what a renewal is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.models import (
    RENEWING_STATES,
    BillingSettings,
    Invoice,
    InvoiceReason,
    PauseBehavior,
    Subscription,
    SubscriptionStatus,
)
from subscriptions.queries.batches import list_with_due_phase
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.apply_phase import apply_due_phases
from subscriptions.steps.bill_usage import UsageLine, until, usage_line
from subscriptions.steps.billing_facts import BillingFacts, read_billing_facts
from subscriptions.steps.end_subscription import end_subscription
from subscriptions.steps.halt_renewals import halt_renewals
from subscriptions.steps.pending_update import drop_pending_update
from subscriptions.steps.reckon_subscription import reckon_for_subscription
from subscriptions.steps.subscription_lines import line_of, lines_for_periods
from subscriptions.steps.write_drafts import Draft, write_drafts
from subscriptions.steps.write_invoice import draft_of

S = SubscriptionStatus


@joins_transaction
def renew_locked(subscriptions: Sequence[Subscription], *, now: datetime) -> list[Invoice]:
    """The drafts of the periods that have begun. Of one merchant; one that is not due (any more) has none.

    The end of a trial activates it, pauses it or cancels it, as missing_payment_method says. A cancellation that falls
    due here ends it. More than one missed period halts, and asks a person.
    Writes: invoices, their lines, invoice.created; the subscriptions and their events.
    """
    invoices: list[Invoice] = []
    for round_ in _rounds(subscriptions):
        on_trial = {one.id for one in round_ if one.status == S.TRIALING}
        billed = [one for one in round_ if _goes_on(one, now=now)]
        changed = on_trial | _apply_phases(billed, now=now)
        facts = read_billing_facts(billed)
        drafts = [_draft(one, facts[one.id], now=now) for one in billed]
        write_drafts(drafts, changed=changed)
        invoices += [draft.invoice for draft in drafts]
    return invoices


def _rounds(subscriptions: Sequence[Subscription]) -> Iterator[list[Subscription]]:
    """A customer's second subscription comes after what the first has billed of items and usage that both may bill."""
    left = list(subscriptions)
    while left:
        first_of = {one.customer_id: one for one in reversed(left)}
        chosen = {one.id for one in first_of.values()}
        yield [one for one in left if one.id in chosen]
        left = [one for one in left if one.id not in chosen]


def _goes_on(subscription: Subscription, *, now: datetime) -> bool:
    """Whether something is due and the subscription is provided, and billed, from here on."""
    due = subscription.next_billing_at
    if due is None or due > now or subscription.halted_at or subscription.status not in RENEWING_STATES:
        return False
    subscription.lease_ends_at = None
    # A change that waits for its payment was reckoned for the period that is over.
    drop_pending_update(subscription, now=now)
    if subscription.cycle.next_boundary(due) <= now and not _is_billed_late(subscription, due):
        halt_renewals(subscription, now=now)
        return False
    if _ends_at(subscription, due):
        end_subscription(subscription, at=due, now=now)
        return False
    return subscription.status != S.TRIALING or _outlives_trial(subscription, due, now)


def _is_billed_late(subscription: Subscription, due: datetime) -> bool:
    """Whether a person has decided to bill this missed period."""
    until_at = subscription.billed_late_until_at
    return until_at is not None and due < until_at


def _ends_at(subscription: Subscription, due: datetime) -> bool:
    is_cancelled = subscription.cancel_at is not None and subscription.cancel_at <= due
    return is_cancelled or (subscription.cancel_at_period_end and due >= subscription.current_period_end_at)


def _outlives_trial(subscription: Subscription, due: datetime, now: datetime) -> bool:
    has_method = bool(
        subscription.default_payment_method_id or subscription.customer.default_payment_method_id
    )
    if has_method or subscription.missing_payment_method == "create_invoice":
        subscription.activate()
        return True
    if subscription.missing_payment_method == "cancel":
        end_subscription(subscription, at=due, now=now)
        return False
    subscription.pause()
    subscription.next_billing_at = None
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_PAUSED, events.SUBSCRIPTION_UPDATED)
    return False


def _apply_phases(subscriptions: Sequence[Subscription], *, now: datetime) -> set[UUID]:
    """Which of them a schedule has changed."""
    if not subscriptions:
        return set()
    due = list_with_due_phase(
        merchant_id=subscriptions[0].merchant_id, subscription_ids=[one.id for one in subscriptions]
    )
    for subscription in subscriptions:
        if subscription.id in due and subscription.next_billing_at is not None:
            apply_due_phases(subscription, at=subscription.next_billing_at, now=now)
    return due


def _draft(subscription: Subscription, facts: BillingFacts, *, now: datetime) -> Draft:
    """What waits, what was used, and the period ahead; the subscription moves on to it."""
    assert subscription.next_billing_at is not None, "something is due"
    period = subscription.cycle.period_at(subscription.next_billing_at)
    usage = _usage(subscription, facts, period.start)
    lines = [
        *(line_of(waiting) for waiting in facts.pending),
        *(one.line for one in usage),
        *lines_for_periods(subscription, facts.items, [period]),
    ]
    reckoned = reckon_for_subscription(
        subscription, lines, facts.discounts, at=period.start, rows=facts.tax_rows
    )
    # An unpaid subscription's invoices wait for a person, and so do those of one whose collection is paused as drafts.
    advances = subscription.status != S.UNPAID and subscription.pause_behavior != PauseBehavior.KEEP_AS_DRAFT
    invoice = draft_of(
        subscription,
        reckoned,
        reason=InvoiceReason.CYCLE,
        period=period,
        now=now,
        auto_advance=advances,
        finalizes_at=_finalizes_at(subscription, facts.tax_rows.settings, now),
    )
    subscription.current_period_start_at = period.start
    subscription.current_period_end_at = period.end
    subscription.next_billing_at = period.end
    return Draft(subscription, facts, invoice, reckoned, usage)


def _usage(subscription: Subscription, facts: BillingFacts, at: datetime) -> list[UsageLine]:
    passed = until(subscription, at)
    if passed is None:
        return []
    return [
        usage_line(subscription, item, passed, facts.counted_for(item, before=at))
        for item in facts.items
        if item.price.meter_id is not None
    ]


def _finalizes_at(subscription: Subscription, settings: BillingSettings, now: datetime) -> datetime:
    """About an hour later. Spread over the last half of it by the id, so that a month's start is no single instant."""
    seconds = settings.draft_seconds
    spread = 0 if subscription.test_clock_id else subscription.id.int % (seconds // 2 + 1)
    return now + timedelta(seconds=seconds - spread)
