"""The phases of a schedule that begins a subscription: nothing of them has begun, and the first may be backdated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation.transactions import joins_transaction
from subscriptions.errors import SchedulePhasesInvalid
from subscriptions.models import CollectionMethod, Price, SchedulePhase, SubscriptionSchedule
from subscriptions.queries.catalogue import get_price
from subscriptions.steps.check_items import refuse_unless_items_fit
from subscriptions.steps.plan_phases import MAX_PHASES, NewPhase, phase_entry


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """How the subscription will be collected."""

    collection_method: CollectionMethod = CollectionMethod.CHARGE_AUTOMATICALLY
    days_until_due: int | None = None
    default_payment_method_id: UUID | None = None
    description: str = ""

    def stored(self, price: Price, zone: str) -> dict[str, Any]:
        """price: of the first phase, whose interval and currency it shows until there is a subscription."""
        method = self.default_payment_method_id
        return {
            "collection_method": self.collection_method.value,
            "days_until_due": self.days_until_due,
            "default_payment_method": str(method) if method else None,
            "description": self.description or None,
            "currency": price.currency,
            "interval": price.interval,
            "interval_count": price.interval_count,
            "timezone": zone,
        }


@joins_transaction
def write_new_phases(
    schedule: SubscriptionSchedule,
    phases: Sequence[NewPhase],
    *,
    starts_at: datetime,
    zone: str,
    now: datetime,
) -> None:
    """The schedule is locked or new. Writes phases; the caller saves the schedule. Raises SchedulePhasesInvalid; as
    refuse_unless_items_fit."""
    if not 1 <= len(phases) <= MAX_PHASES:
        raise SchedulePhasesInvalid(f"A schedule has one to {MAX_PHASES} phases.", param="phases")
    start: datetime | None = starts_at
    currencies = set()
    for position, new in enumerate(phases):
        param = f"phases[{position}]"
        if start is None or (new.starts_at is not None and position and new.starts_at != start):
            raise SchedulePhasesInvalid(param=param)
        if position and start <= now:
            raise SchedulePhasesInvalid("Only the first phase begins in the past.", param=param)
        end = new.end(start, zone)
        if end is not None and end <= max(start, now):
            raise SchedulePhasesInvalid("A phase ends after it starts, and not in the past.", param=param)
        prices = prices_of(schedule.merchant_id, new)
        refuse_unless_items_fit(prices, [item.quantity for item in new.items])
        currencies.add(prices[0].currency)
        SchedulePhase(
            merchant_id=schedule.merchant_id,
            schedule=schedule,
            ordinal=position + 1,
            starts_at=start,
            ends_at=end,
            items=[phase_entry(item) for item in new.items],
            proration_behavior=new.proration_behavior,
        ).save(force_insert=True)
        start = end
    if len(currencies) > 1:
        raise SchedulePhasesInvalid("All phases have one currency.", param="phases")
    schedule.next_phase_at = starts_at


def prices_of(merchant_id: UUID, phase: NewPhase) -> list[Price]:
    return [get_price(merchant_id=merchant_id, price_id=item.price_id) for item in phase.items]
