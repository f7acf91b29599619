"""Write the phases of a schedule: one after the other, none of them in the past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation.transactions import joins_transaction
from subscriptions.errors import SchedulePhasesInvalid
from subscriptions.models import SchedulePhase, Subscription, SubscriptionSchedule
from subscriptions.queries.catalogue import get_price
from subscriptions.queries.subscriptions import list_items
from subscriptions.steps.check_items import refuse_unless_items_fit

MAX_PHASES = 50


@dataclass(frozen=True, slots=True)
class PhaseItem:
    """quantity: None keeps what the item has then: a change of price survives a change of seats."""

    price_id: UUID
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class NewPhase:
    """starts_at: None for where the one before it ends. ends_at: None for the last one, which goes on."""

    items: tuple[PhaseItem, ...]
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    proration_behavior: str = "create_prorations"


@joins_transaction
def write_current_phase(
    schedule: SubscriptionSchedule, subscription: Subscription, *, now: datetime
) -> SchedulePhase:
    """The subscription as it is, up to its period's end. Writes one phase."""
    phase = SchedulePhase(
        merchant_id=schedule.merchant_id,
        schedule=schedule,
        ordinal=1,
        starts_at=subscription.current_period_start_at,
        ends_at=subscription.current_period_end_at,
        items=[
            {"subscription_item": str(item.id), "price": str(item.price_id), "quantity": item.quantity}
            for item in list_items(subscription)
        ],
        applied_at=now,
    )
    phase.save(force_insert=True)
    return phase


@joins_transaction
def write_phases(
    schedule: SubscriptionSchedule,
    subscription: Subscription,
    phases: Sequence[NewPhase],
    *,
    after: SchedulePhase,
) -> None:
    """Writes the phases and the schedule, and where the phase before them ends. Raises SchedulePhasesInvalid."""
    if len(phases) > MAX_PHASES:
        raise SchedulePhasesInvalid(f"A schedule has at most {MAX_PHASES} phases.", param="phases")
    before = after
    for position, new in enumerate(phases, start=1):
        starts = new.starts_at or before.ends_at
        if (
            starts is None
            or starts <= before.starts_at
            or (new.ends_at is not None and new.ends_at <= starts)
        ):
            raise SchedulePhasesInvalid(param=f"phases[{position - 1}]")
        if before.ends_at != starts:
            before.ends_at = starts
            before.save(update_fields=["ends_at"])
        _refuse_unless_items_fit(subscription, new)
        before = SchedulePhase(
            merchant_id=schedule.merchant_id,
            schedule=schedule,
            ordinal=after.ordinal + position,
            starts_at=starts,
            ends_at=new.ends_at,
            items=[{"price": str(item.price_id), "quantity": item.quantity} for item in new.items],
            proration_behavior=new.proration_behavior,
        )
        before.save(force_insert=True)
    schedule.next_phase_at = None if not phases else _first_start(schedule)
    schedule.save()


def _first_start(schedule: SubscriptionSchedule) -> datetime | None:
    rows = SchedulePhase.objects.for_merchant(schedule.merchant_id).filter(
        schedule_id=schedule.id, applied_at__isnull=True
    )
    return rows.order_by("ordinal").values_list("starts_at", flat=True).first()


def _refuse_unless_items_fit(subscription: Subscription, new: NewPhase) -> None:
    prices = [get_price(merchant_id=subscription.merchant_id, price_id=item.price_id) for item in new.items]
    refuse_unless_items_fit(prices, [item.quantity for item in new.items])
    own = (subscription.currency, subscription.interval, subscription.interval_count)
    for price in prices:
        if (price.currency, price.interval, price.interval_count) != own:
            raise SchedulePhasesInvalid("A phase keeps the currency and interval.", param="phases")
