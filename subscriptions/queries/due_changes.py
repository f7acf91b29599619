"""Changes of subscriptions that are due, whoever's they are: for beat's sweep. Renewals and invoices: due.py."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q

from subscriptions.models import (
    BillingCustomer,
    ScheduleStatus,
    Subscription,
    SubscriptionSchedule,
    SubscriptionStatus,
)

TRIAL_WILL_END = timedelta(days=3)
"""How long before a trial's end it is told. Source: Stripe, customer.subscription.trial_will_end, read 2026-11."""


def list_pending_updates_over(*, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(id, merchant) of subscriptions of which a change was not paid in time; test clocks turn their own."""
    rows = Subscription.across_merchants.filter(pending_update_expires_at__lte=now, test_clock__isnull=True)
    return list(rows.order_by("pending_update_expires_at").values_list("id", "merchant_id")[:limit])


def list_trials_ending(*, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(id, merchant) of subscriptions whose trial ends within three days, and nobody was told of that end."""
    rows = Subscription.across_merchants.filter(
        untold_trial(), trial_end_at__lte=now + TRIAL_WILL_END, test_clock__isnull=True
    )
    return list(rows.order_by("trial_end_at").values_list("id", "merchant_id")[:limit])


def untold_trial() -> Q:
    """A trial of whose end, as it stands, nobody was told."""
    is_untold = Q(trial_end_told_at__isnull=True) | ~Q(trial_end_told_at=F("trial_end_at"))
    return Q(status=SubscriptionStatus.TRIALING) & is_untold


def list_schedules_to_begin(*, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(id, merchant) of schedules whose subscription is to begin."""
    on_clocks = BillingCustomer.across_merchants.filter(test_clock__isnull=False).values("customer_id")
    rows = SubscriptionSchedule.across_merchants.filter(
        status=ScheduleStatus.NOT_STARTED, subscription__isnull=True, next_phase_at__lte=now
    ).exclude(customer_id__in=on_clocks)
    return list(rows.order_by("next_phase_at").values_list("id", "merchant_id")[:limit])
