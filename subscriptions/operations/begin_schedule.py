"""Begin the subscription that a schedule has planned, when its first phase starts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.ids import new_id
from foundation.transactions import outside_transaction, owns_transaction
from subscriptions.locks import lock_schedule, lock_subscription
from subscriptions.models import (
    CollectionMethod,
    InvoiceStatus,
    SchedulePhase,
    ScheduleStatus,
    Subscription,
    SubscriptionSchedule,
)
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.operations.open_subscription import NewItem, SubscriptionTerms, open_subscription
from subscriptions.queries.invoices import find_invoice
from subscriptions.queries.subscriptions import find_billing_customer, list_phases, now_of
from subscriptions.steps.apply_phase import move_on


@outside_transaction
def begin_schedule(
    *, merchant_id: UUID, schedule_id: UUID, in_background: bool = True
) -> Subscription | None:
    """None when its time has not come, or it has begun or ended. The subscription starts when the phase says, however
    late a worker looks.

    Raises: ResourceMissing; as open_subscription.
    Writes: the id that the subscription will have; as open_subscription and collect_invoice; the schedule, its event.
    Safe to repeat: the id is drawn first, and what was written under it is found.
    """
    schedule = _draw_id(merchant_id=merchant_id, schedule_id=schedule_id)
    if schedule is None or schedule.begins_id is None:
        return None
    [phase, *_] = list_phases(schedule)
    opened = open_subscription(
        merchant_id=merchant_id,
        subscription_id=schedule.begins_id,
        customer_id=schedule.customer_id,
        items=[NewItem(UUID(entry["price"]), entry.get("quantity")) for entry in phase.items],
        terms=_terms(schedule, phase),
        may_exist=True,
    )
    subscription = _link(merchant_id=merchant_id, schedule_id=schedule_id, subscription_id=opened.id)
    invoice_id = subscription.latest_invoice_id
    invoice = find_invoice(merchant_id=merchant_id, invoice_id=invoice_id) if invoice_id else None
    is_charged = subscription.collection_method == CollectionMethod.CHARGE_AUTOMATICALLY
    if invoice is not None and invoice.status == InvoiceStatus.OPEN and is_charged:
        collect_invoice(
            merchant_id=merchant_id, invoice_id=invoice.id, attempt=1, in_background=in_background
        )
    return subscription


@owns_transaction
def _draw_id(*, merchant_id: UUID, schedule_id: UUID) -> SubscriptionSchedule | None:
    schedule = lock_schedule(merchant_id=merchant_id, schedule_id=schedule_id)
    is_waiting = schedule.status == ScheduleStatus.NOT_STARTED and schedule.subscription_id is None
    starts = schedule.next_phase_at
    if not is_waiting or starts is None or starts > _now(schedule):
        return None
    if schedule.begins_id is None:
        schedule.begins_id = new_id()
        schedule.save(update_fields=["begins_id"])
    return schedule


@owns_transaction
def _link(*, merchant_id: UUID, schedule_id: UUID, subscription_id: UUID) -> Subscription:
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    schedule = lock_schedule(merchant_id=merchant_id, schedule_id=schedule_id)
    if schedule.status != ScheduleStatus.NOT_STARTED:
        return subscription
    now = now_of(subscription.test_clock)
    schedule.subscription = subscription
    schedule.start()
    phases = list_phases(schedule)
    phases[0].applied_at = now
    phases[0].save(update_fields=["applied_at"])
    move_on(subscription, schedule, phases, at=now, now=now)
    subscription.save()
    return subscription


def _terms(schedule: SubscriptionSchedule, phase: SchedulePhase) -> SubscriptionTerms:
    settings = schedule.settings
    method = settings.get("default_payment_method")
    return SubscriptionTerms(
        collection_method=CollectionMethod(settings["collection_method"]),
        days_until_due=settings.get("days_until_due"),
        backdate_start_at=phase.starts_at,
        default_payment_method_id=UUID(method) if method else None,
        description=settings.get("description") or "",
        metadata=dict(phase.metadata),
    )


def _now(schedule: SubscriptionSchedule) -> datetime:
    billing = find_billing_customer(merchant_id=schedule.merchant_id, customer_id=schedule.customer_id)
    return now_of(billing.test_clock if billing else None)
