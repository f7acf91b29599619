"""Renew a subscription: the next period's invoice and the next date, in one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from foundation.jobs.staging import stage_job
from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.locks import lock_subscription
from subscriptions.models import (
    RENEWING_STATES,
    Invoice,
    InvoiceReason,
    PauseBehavior,
    Subscription,
    SubscriptionStatus,
)
from subscriptions.periods import Period
from subscriptions.queries.subscriptions import list_discounts, list_items, now_of
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.apply_phase import apply_due_phases
from subscriptions.steps.bill_usage import mark_usage_billed, until, usage_lines
from subscriptions.steps.billing_rows import billing_settings_of
from subscriptions.steps.end_subscription import end_subscription
from subscriptions.steps.halt_renewals import halt_renewals
from subscriptions.steps.reckon_subscription import reckon_for_subscription
from subscriptions.steps.subscription_lines import lines_for_periods, pending_lines
from subscriptions.steps.write_invoice import note_discounts_used, write_subscription_invoice

S = SubscriptionStatus


@owns_transaction
def renew_subscription(*, merchant_id: UUID, subscription_id: UUID) -> Invoice | None:
    """The draft of the period that has begun; None when nothing is due (any more), or renewing has been halted.

    The end of a trial activates it, pauses it or cancels it, as missing_payment_method says. A cancellation that falls
    due here ends it. More than one missed period halts, and asks a person.
    Raises: ResourceMissing.
    Writes: the invoice, its lines, invoice.created, the job that finalizes it; the subscription and its event.
    Safe to repeat: what is not due is not billed, and the database has one invoice per period and reason.
    """
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    now = now_of(subscription.test_clock)
    due = subscription.next_billing_at
    if due is None or due > now or subscription.halted_at or subscription.status not in RENEWING_STATES:
        return None
    subscription.lease_ends_at = None
    if subscription.cycle.next_boundary(due) <= now:
        halt_renewals(subscription, now=now)
        return None
    if _ends_at(subscription, due):
        end_subscription(subscription, at=due, now=now)
        return None
    if subscription.status == S.TRIALING and not _goes_on(subscription, due, now):
        return None
    apply_due_phases(subscription, at=due, now=now)
    invoice = _bill(subscription, subscription.cycle.period_at(due), now=now)
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_UPDATED)
    return invoice


def _ends_at(subscription: Subscription, due: datetime) -> bool:
    is_cancelled = subscription.cancel_at is not None and subscription.cancel_at <= due
    return is_cancelled or (subscription.cancel_at_period_end and due >= subscription.current_period_end_at)


def _goes_on(subscription: Subscription, due: datetime, now: datetime) -> bool:
    """The trial is over: whether the subscription is provided, and billed, from here on."""
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


def _bill(subscription: Subscription, period: Period, *, now: datetime) -> Invoice:
    items, discounts = list_items(subscription), list_discounts(subscription)
    passed = until(subscription, period.start)
    usage = usage_lines(subscription, items, period=passed) if passed is not None else []
    lines = [
        *pending_lines(subscription),
        *(one.line for one in usage),
        *lines_for_periods(subscription, items, [period]),
    ]
    reckoned = reckon_for_subscription(subscription, lines, discounts, at=period.start)
    note_discounts_used(reckoned, discounts)
    # An unpaid subscription's invoices wait for a person, and so do those of one whose collection is paused as drafts.
    advances = subscription.status != S.UNPAID and subscription.pause_behavior != PauseBehavior.KEEP_AS_DRAFT
    invoice = write_subscription_invoice(
        subscription,
        reckoned,
        reason=InvoiceReason.CYCLE,
        period=period,
        now=now,
        auto_advance=advances,
        finalizes_at=_finalizes_at(subscription, now),
    )
    mark_usage_billed(invoice, usage)
    subscription.current_period_start_at = period.start
    subscription.current_period_end_at = period.end
    subscription.next_billing_at = period.end
    if invoice.finalizes_at is not None and subscription.test_clock_id is None:
        stage_job(
            "subscriptions.finalize_invoice",
            {"merchant_id": str(invoice.merchant_id), "invoice_id": str(invoice.id)},
            merchant_id=invoice.merchant_id,
            run_after=invoice.finalizes_at,
            dedupe_key=f"finalize:{invoice.public_id}",
        )
    return invoice


def _finalizes_at(subscription: Subscription, now: datetime) -> datetime:
    """About an hour later. Spread over the last half of it by the id, so that a month's start is no single instant."""
    seconds = billing_settings_of(subscription.merchant_id).draft_seconds
    spread = 0 if subscription.test_clock_id else subscription.id.int % (seconds // 2 + 1)
    return now + timedelta(seconds=seconds - spread)
