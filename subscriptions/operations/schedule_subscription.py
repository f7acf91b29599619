"""Plan a subscription that does not exist yet: its phases, the first of which begins it now, later or backdated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from foundation.tenancy.queries import get_merchant
from foundation.transactions import outside_transaction, owns_transaction
from payments.queries.customers import get_live_customer, get_payment_method
from payments.steps.check_payment_method import refuse_unless_chargeable
from subscriptions import events
from subscriptions.errors import DaysUntilDueMissing, SchedulePhasesInvalid
from subscriptions.models import CollectionMethod, SubscriptionSchedule
from subscriptions.operations.begin_schedule import begin_schedule
from subscriptions.queries.subscriptions import find_schedule, get_schedule, now_of
from subscriptions.steps.announce import announce_schedule
from subscriptions.steps.billing_rows import billing_customer_of
from subscriptions.steps.new_schedule import ScheduleSettings, prices_of, write_new_phases
from subscriptions.steps.plan_phases import NewPhase


@outside_transaction
def schedule_subscription(
    *,
    merchant_id: UUID,
    schedule_id: UUID,
    customer_id: UUID,
    phases: Sequence[NewPhase],
    starts_at: datetime | None = None,
    end_behavior: str = "release",
    settings: ScheduleSettings | None = None,
    metadata: Mapping[str, str] | None = None,
    may_exist: bool = False,
) -> SubscriptionSchedule:
    """starts_at: None for now. In the past, the subscription is backdated: one line per natural period.

    Raises: ResourceMissing (customer, price, method), PaymentMethodCustomerMismatch, DaysUntilDueMissing,
    SchedulePhasesInvalid; as refuse_unless_items_fit, and where it begins at once as begin_schedule.
    Writes: the schedule, its phases, subscription_schedule.created; as begin_schedule.
    Safe to repeat: with may_exist the same schedule_id finds the first one.
    """
    schedule = _write(
        merchant_id=merchant_id,
        schedule_id=schedule_id,
        customer_id=customer_id,
        phases=phases,
        starts_at=starts_at,
        end_behavior=end_behavior,
        settings=settings or ScheduleSettings(),
        metadata=metadata or {},
        may_exist=may_exist,
    )
    begin_schedule(merchant_id=merchant_id, schedule_id=schedule.id, in_background=False)
    return get_schedule(merchant_id=merchant_id, schedule_id=schedule.id)


@owns_transaction
def _write(
    *,
    merchant_id: UUID,
    schedule_id: UUID,
    customer_id: UUID,
    phases: Sequence[NewPhase],
    starts_at: datetime | None,
    end_behavior: str,
    settings: ScheduleSettings,
    metadata: Mapping[str, str],
    may_exist: bool,
) -> SubscriptionSchedule:
    if may_exist:
        existing = find_schedule(merchant_id=merchant_id, schedule_id=schedule_id)
        if existing is not None:
            return existing
    customer = get_live_customer(merchant_id=merchant_id, customer_id=customer_id)
    merchant = get_merchant(merchant_id)
    _refuse_unless_collectable(settings, merchant_id=merchant_id, customer_id=customer_id)
    billing_customer = billing_customer_of(merchant_id=merchant_id, customer_id=customer_id)
    now = now_of(billing_customer.test_clock)
    zone = billing_customer.timezone or merchant.timezone
    if not phases:
        raise SchedulePhasesInvalid("A schedule has at least one phase.", param="phases")
    schedule = SubscriptionSchedule(
        id=schedule_id,
        merchant=merchant,
        customer=customer,
        end_behavior=end_behavior,
        metadata=dict(metadata),
        settings=settings.stored(prices_of(merchant_id, phases[0])[0], zone),
        created_at=now,
    )
    schedule.save(force_insert=True)
    write_new_phases(schedule, phases, starts_at=starts_at or now, zone=zone, now=now)
    schedule.save()
    announce_schedule(schedule, events.SCHEDULE_CREATED)
    return schedule


def _refuse_unless_collectable(settings: ScheduleSettings, *, merchant_id: UUID, customer_id: UUID) -> None:
    is_sent = settings.collection_method == CollectionMethod.SEND_INVOICE
    if is_sent != (settings.days_until_due is not None):
        raise DaysUntilDueMissing(param="default_settings[invoice_settings][days_until_due]")
    if settings.default_payment_method_id is not None:
        method = get_payment_method(
            merchant_id=merchant_id, payment_method_id=settings.default_payment_method_id
        )
        refuse_unless_chargeable(method, customer_id=customer_id)
