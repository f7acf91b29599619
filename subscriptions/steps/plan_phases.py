"""Write the phases of a schedule: one after the other, none of them in the past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation.transactions import joins_transaction
from subscriptions.errors import SchedulePhasesInvalid
from subscriptions.models import SchedulePhase, Subscription, SubscriptionItem, SubscriptionSchedule
from subscriptions.periods import Cycle, Interval
from subscriptions.queries.catalogue import get_price
from subscriptions.queries.subscriptions import list_items
from subscriptions.steps.check_items import refuse_unless_items_fit
from subscriptions.steps.item_changes import ItemChange

MAX_PHASES = 50


@dataclass(frozen=True, slots=True)
class PhaseItem:
    """quantity: None keeps what the item has then: a change of price survives a change of seats.

    item_id: None for whichever item stands in its place then.
    """

    price_id: UUID
    quantity: int | None = None
    item_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewPhase:
    """starts_at: None for where the one before it ends. ends_at: None for the last one, which goes on.

    lasts: (interval, how many of them) instead of an end.
    """

    items: tuple[PhaseItem, ...]
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    proration_behavior: str = "create_prorations"
    lasts: tuple[Interval, int] | None = None

    def end(self, starts_at: datetime, zone: str) -> datetime | None:
        """Where it ends when it starts then."""
        if self.lasts is None:
            return self.ends_at
        interval, count = self.lasts
        return Cycle(starts_at, interval, count, zone).boundary(1)


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
        ends = new.end(starts, subscription.timezone) if starts is not None else None
        if starts is None or starts <= before.starts_at or (ends is not None and ends <= starts):
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
            ends_at=ends,
            items=[phase_entry(item) for item in new.items],
            proration_behavior=new.proration_behavior,
        )
        before.save(force_insert=True)
    schedule.next_phase_at = None if not phases else _first_start(schedule)
    schedule.save()


def phase_items_after(
    items: Sequence[SubscriptionItem], changes: Sequence[ItemChange]
) -> tuple[PhaseItem, ...]:
    """All items as they are after a change. A quantity that stays is left open: seats may change before then."""
    by_item = {change.item_id: change for change in changes if change.item_id is not None}
    kept = []
    for item in items:
        change = by_item.get(item.id)
        if change is None:
            kept.append(PhaseItem(item.price_id, None, item.id))
        elif not change.is_removed:
            stays = change.quantity == item.quantity
            kept.append(
                PhaseItem(change.price_id or item.price_id, None if stays else change.quantity, item.id)
            )
    new = [PhaseItem(one.price_id, one.quantity) for one in changes if one.item_id is None and one.price_id]
    return (*kept, *new)


def phase_entry(item: PhaseItem) -> dict[str, object]:
    own = {"subscription_item": str(item.item_id)} if item.item_id else {}
    return {**own, "price": str(item.price_id), "quantity": item.quantity}


def _first_start(schedule: SubscriptionSchedule) -> datetime | None:
    rows = SchedulePhase.objects.for_merchant(schedule.merchant_id).filter(
        schedule_id=schedule.id, applied_at__isnull=True
    )
    return rows.order_by("ordinal").values_list("starts_at", flat=True).first()


def _refuse_unless_items_fit(subscription: Subscription, new: NewPhase) -> None:
    prices = [get_price(merchant_id=subscription.merchant_id, price_id=item.price_id) for item in new.items]
    refuse_unless_items_fit(
        prices,
        [item.quantity for item in new.items],
        standing={item.price_id for item in list_items(subscription)},
    )
    if any(price.currency != subscription.currency for price in prices):
        raise SchedulePhasesInvalid("A phase keeps the currency.", param="phases")
