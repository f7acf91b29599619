"""What is due, whoever's it is: for beat's sweeps and the gauges of lag."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet

from subscriptions.models import (
    RENEWING_STATES,
    CollectionMethod,
    Invoice,
    InvoiceStatus,
    Subscription,
    SubscriptionSchedule,
    SubscriptionStatus,
)


def list_expired_incomplete(*, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(id, merchant) of subscriptions whose first payment did not come in time; test clocks turn their own."""
    rows = Subscription.across_merchants.filter(
        status=SubscriptionStatus.INCOMPLETE, incomplete_expires_at__lte=now, test_clock__isnull=True
    )
    return list(rows.order_by("incomplete_expires_at").values_list("id", "merchant_id")[:limit])


def list_expired_resumptions(*, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(id, merchant) of paused subscriptions whose resumption was not paid in time."""
    rows = Subscription.across_merchants.filter(
        status=SubscriptionStatus.PAUSED, incomplete_expires_at__lte=now, test_clock__isnull=True
    )
    return list(rows.order_by("incomplete_expires_at").values_list("id", "merchant_id")[:limit])


def list_pauses_over(*, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(id, merchant) of subscriptions whose pause of collection is over."""
    rows = Subscription.across_merchants.filter(pause_resumes_at__lte=now, test_clock__isnull=True)
    return list(rows.order_by("pause_resumes_at").values_list("id", "merchant_id")[:limit])


def list_ends_due(*, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(id, merchant) of subscriptions whose cancel_at has come before their next renewal."""
    rows = Subscription.across_merchants.filter(
        status__in=RENEWING_STATES,
        cancel_at__lte=now,
        current_period_end_at__gt=F("cancel_at"),
        test_clock__isnull=True,
    )
    return list(rows.order_by("cancel_at").values_list("id", "merchant_id")[:limit])


def list_phases_due(*, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(subscription, merchant) of schedules whose next phase begins in mid-period, and has."""
    rows = SubscriptionSchedule.across_merchants.filter(
        next_phase_at__lte=now,
        subscription__current_period_end_at__gt=now,
        subscription__test_clock__isnull=True,
    )
    return list(rows.order_by("next_phase_at").values_list("subscription_id", "merchant_id")[:limit])


def list_overdue(*, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(invoice, merchant) of sent invoices that were not paid by their due date, and that is not noted yet."""
    rows = Invoice.across_merchants.filter(
        status=InvoiceStatus.OPEN,
        due_at__lte=now,
        attempt_count=0,
        collection_method=CollectionMethod.SEND_INVOICE,
        subscription__test_clock__isnull=True,
    )
    return list(rows.order_by("due_at").values_list("id", "merchant_id")[:limit])


def count_claimed_renewals(*, now: datetime, at_most: int) -> int:
    """How many due renewals are leased to a job that has not come to them."""
    rows = Subscription.across_merchants.filter(
        next_billing_at__lte=now, halted_at__isnull=True, test_clock__isnull=True, lease_ends_at__gt=now
    )
    return rows.order_by("next_billing_at")[:at_most].count()


def count_claimed_drafts(*, now: datetime, at_most: int) -> int:
    """As count_claimed_renewals, of drafts that are due to be finalized."""
    return _drafts_due(now).filter(lease_ends_at__gt=now).order_by("finalizes_at")[:at_most].count()


def read_finalizing_lag_seconds(*, now: datetime) -> int:
    """How long the draft that is due the longest has waited to be finalized; 0 when none is due."""
    due = _drafts_due(now).order_by("finalizes_at").values_list("finalizes_at", flat=True)
    oldest = due.first()
    return 0 if oldest is None else int((now - oldest).total_seconds())


def _drafts_due(now: datetime) -> QuerySet[Invoice]:
    return Invoice.across_merchants.filter(
        status=InvoiceStatus.DRAFT, finalizes_at__lte=now, subscription__test_clock__isnull=True
    )


def read_renewal_lag_seconds(*, now: datetime) -> int:
    """How long the oldest due renewal has waited; 0 when none is due."""
    rows = Subscription.across_merchants.filter(
        next_billing_at__lte=now, halted_at__isnull=True, test_clock__isnull=True
    )
    oldest = rows.order_by("next_billing_at").values_list("next_billing_at", flat=True).first()
    return 0 if oldest is None else int((now - oldest).total_seconds())
