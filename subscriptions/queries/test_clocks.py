"""Reading test clocks, and what is due next on one: the order in which an advance runs things."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet

from foundation.errors import ResourceMissing
from foundation.ids import encode_id
from subscriptions.models import (
    RENEWING_STATES,
    BillingCustomer,
    CollectionMethod,
    DunningRun,
    Invoice,
    InvoicePayment,
    InvoicePaymentStatus,
    InvoiceStatus,
    RevenueSchedule,
    RunStatus,
    ScheduleStatus,
    Subscription,
    SubscriptionSchedule,
    SubscriptionStatus,
    TestClock,
)
from subscriptions.queries.due_changes import TRIAL_WILL_END, untold_trial

S = SubscriptionStatus


@dataclass(frozen=True, slots=True, order=True)
class DueWork:
    """Compared by instant, then kind in the order of KINDS, then id: two advances run the same things alike."""

    at: datetime
    rank: int
    kind: str
    row_id: UUID


KINDS = (
    "expire_incomplete",
    "expire_resumption",
    "resume_collection",
    "end_at_date",
    "expire_pending_update",
    "trial_will_end",
    "begin_schedule",
    "apply_phase",
    "renew",
    "finalize",
    "collect",
    "retry",
    "overdue",
    "recognise",
)
"""What comes first at one instant: ends before renewals, renewals before their collection."""


def list_test_clocks(*, merchant_id: UUID) -> QuerySet[TestClock]:
    return TestClock.objects.for_merchant(merchant_id).filter(deleted_at__isnull=True)


def find_test_clock(*, merchant_id: UUID, test_clock_id: UUID) -> TestClock | None:
    return list_test_clocks(merchant_id=merchant_id).filter(pk=test_clock_id).first()


def get_test_clock(*, merchant_id: UUID, test_clock_id: UUID) -> TestClock:
    """Raises ResourceMissing, also for one that was deleted."""
    found = find_test_clock(merchant_id=merchant_id, test_clock_id=test_clock_id)
    if found is None:
        shown = encode_id("clock", test_clock_id)
        raise ResourceMissing(f"No such test clock: '{shown}'", param="test_clock")
    return found


def list_subscriptions_on(clock: TestClock) -> QuerySet[Subscription]:
    return Subscription.objects.for_merchant(clock.merchant_id).filter(test_clock_id=clock.id)


def has_undecided_payment(clock: TestClock) -> bool:
    """Whether a payment on the clock waits for its outcome: time stands still meanwhile."""
    rows = InvoicePayment.objects.for_merchant(clock.merchant_id).filter(
        invoice__subscription__test_clock_id=clock.id,
        status=InvoicePaymentStatus.OPEN,
        payment_intent__status="processing",
    )
    return rows.exists()


def find_next_work(clock: TestClock, *, until: datetime) -> DueWork | None:
    """The first thing due up to `until`; None when there is nothing."""
    first = [_first(kind, rank, clock, until) for rank, kind in enumerate(KINDS)]
    return min((work for work in first if work is not None), default=None)


def _first(kind: str, rank: int, clock: TestClock, until: datetime) -> DueWork | None:
    rows, field = _waiting(kind, clock)
    due = rows.filter(**{f"{field}__lte": until}).order_by(field, "id")
    found = due.values_list(field, "subscription_id" if kind == "apply_phase" else "id").first()
    return None if found is None else DueWork(found[0], rank, kind, found[1])


def _waiting(kind: str, clock: TestClock) -> tuple[QuerySet, str]:  # type: ignore[type-arg]
    subscriptions = list_subscriptions_on(clock)
    invoices = Invoice.objects.for_merchant(clock.merchant_id).filter(subscription__test_clock_id=clock.id)
    charged = CollectionMethod.CHARGE_AUTOMATICALLY
    match kind:
        case "expire_incomplete":
            return subscriptions.filter(status=S.INCOMPLETE), "incomplete_expires_at"
        case "expire_resumption":
            return subscriptions.filter(status=S.PAUSED), "incomplete_expires_at"
        case "resume_collection":
            return subscriptions, "pause_resumes_at"
        case "end_at_date":
            ends = subscriptions.filter(status__in=RENEWING_STATES)
            return ends.filter(current_period_end_at__gt=F("cancel_at")), "cancel_at"
        case "expire_pending_update":
            return subscriptions, "pending_update_expires_at"
        case "trial_will_end":
            told = subscriptions.filter(untold_trial())
            return told.annotate(tells_at=F("trial_end_at") - TRIAL_WILL_END), "tells_at"
        case "begin_schedule":
            own = BillingCustomer.objects.for_merchant(clock.merchant_id).filter(test_clock_id=clock.id)
            planned = SubscriptionSchedule.objects.for_merchant(clock.merchant_id).filter(
                status=ScheduleStatus.NOT_STARTED,
                subscription__isnull=True,
                customer_id__in=own.values("customer_id"),
            )
            return planned, "next_phase_at"
        case "apply_phase":
            schedules = SubscriptionSchedule.objects.for_merchant(clock.merchant_id).filter(
                subscription__test_clock_id=clock.id,
                subscription__current_period_end_at__gt=F("next_phase_at"),
                subscription__status__in=RENEWING_STATES,
            )
            return schedules, "next_phase_at"
        case "renew":
            renewing = subscriptions.filter(status__in=RENEWING_STATES, halted_at__isnull=True)
            return renewing, "next_billing_at"
        case "finalize":
            return invoices.filter(status=InvoiceStatus.DRAFT), "finalizes_at"
        case "collect":
            untried = invoices.filter(status=InvoiceStatus.OPEN, auto_advance=True, payments__isnull=True)
            return untried.filter(collection_method=charged), "finalized_at"
        case "retry":
            runs = DunningRun.objects.for_merchant(clock.merchant_id)
            running = runs.filter(invoice__subscription__test_clock_id=clock.id, status=RunStatus.RUNNING)
            return running, "next_try_at"
        case "recognise":
            revenue = RevenueSchedule.objects.for_merchant(clock.merchant_id)
            return revenue.filter(invoice__subscription__test_clock_id=clock.id), "next_at"
        case _:
            sent = invoices.filter(status=InvoiceStatus.OPEN, attempt_count=0)
            return sent.exclude(collection_method=charged), "due_at"
