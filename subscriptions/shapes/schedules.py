"""Schedules, test clocks and meter events as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation.clock import to_timestamp
from foundation.ids import encode_id
from subscriptions.models import MeterEvent, SchedulePhase, SubscriptionSchedule, TestClock, TestClockStatus
from subscriptions.periods import Cycle, Interval
from subscriptions.shapes.values import public, seconds


def schedule_shape(
    schedule: SubscriptionSchedule, phases: Sequence[SchedulePhase], *, livemode: bool
) -> dict[str, Any]:
    current = [phase for phase in phases if phase.applied_at is not None]
    is_open = schedule.status in ("active", "not_started")
    return {
        "id": schedule.public_id,
        "object": "subscription_schedule",
        "application": None,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
        "canceled_at": _ended(schedule, "canceled"),
        "completed_at": _ended(schedule, "completed"),
        "created": to_timestamp(schedule.created_at),
        "current_phase": _span(schedule, current[-1]) if current and is_open else None,
        "customer": encode_id("cus", schedule.customer_id),
        "customer_account": None,
        "default_settings": {
            "application_fee_percent": None,
            "billing_cycle_anchor": "automatic",
            "billing_thresholds": None,
            "collection_method": schedule.settings.get("collection_method", "charge_automatically"),
            "default_payment_method": _method(schedule),
            "description": schedule.settings.get("description"),
            "invoice_settings": {
                "account_tax_ids": None,
                "custom_fields": None,
                "days_until_due": schedule.settings.get("days_until_due"),
                "description": None,
                "footer": None,
                "issuer": {"type": "self"},
            },
            "on_behalf_of": None,
            "transfer_data": None,
        },
        "end_behavior": schedule.end_behavior,
        "livemode": livemode,
        "metadata": schedule.metadata,
        "pause_schedules": [],
        "phases": [_phase(schedule, phase) for phase in phases],
        "released_at": _ended(schedule, "released"),
        "released_subscription": (
            public("sub", schedule.subscription_id) if schedule.status == "released" else None
        ),
        "status": schedule.status,
        "subscription": public("sub", schedule.subscription_id) if schedule.status != "released" else None,
        "test_clock": None,
    }


def test_clock_shape(clock: TestClock, *, livemode: bool) -> dict[str, Any]:
    is_advancing = clock.status == TestClockStatus.ADVANCING and clock.target_at is not None
    details = {"advancing": {"target_frozen_time": seconds(clock.target_at)}} if is_advancing else {}
    return {
        "id": clock.public_id,
        "object": "test_helpers.test_clock",
        "created": to_timestamp(clock.created_at),
        "deletes_after": to_timestamp(clock.deletes_after_at),
        "frozen_time": to_timestamp(clock.frozen_at),
        "livemode": livemode,
        "name": clock.name or None,
        "status": clock.status,
        "status_details": details,
    }


def meter_event_shape(event: MeterEvent, *, livemode: bool) -> dict[str, Any]:
    """With its meter."""
    return {
        "object": "billing.meter_event",
        "created": to_timestamp(event.created_at),
        "event_name": event.meter.event_name,
        "identifier": event.identifier,
        "livemode": livemode,
        "payload": event.payload,
        "timestamp": to_timestamp(event.happened_at),
    }


# Not a test of ours, whatever pytest makes of the name.
test_clock_shape.__test__ = False  # type: ignore[attr-defined]


def _ended(schedule: SubscriptionSchedule, status: str) -> int | None:
    return seconds(schedule.ended_at) if schedule.status == status else None


def _span(schedule: SubscriptionSchedule, phase: SchedulePhase) -> dict[str, int]:
    return {
        "end_date": to_timestamp(_end_of(schedule, phase)),
        "start_date": to_timestamp(phase.starts_at),
    }


def _method(schedule: SubscriptionSchedule) -> str | None:
    method = schedule.settings.get("default_payment_method")
    return encode_id("pm", UUID(method)) if method else None


def _end_of(schedule: SubscriptionSchedule, phase: SchedulePhase) -> datetime:
    """The last phase goes on: it is shown up to the end of its first period."""
    if phase.ends_at is not None:
        return phase.ends_at
    if schedule.subscription is not None:
        return schedule.subscription.cycle.next_boundary(phase.starts_at)
    own = schedule.settings
    interval = Interval(own["interval"])
    return Cycle(phase.starts_at, interval, own["interval_count"], own["timezone"]).boundary(1)


def _phase(schedule: SubscriptionSchedule, phase: SchedulePhase) -> dict[str, Any]:
    return {
        "add_invoice_items": [],
        "application_fee_percent": None,
        "billing_cycle_anchor": None,
        "billing_thresholds": None,
        "collection_method": None,
        "currency": schedule.subscription.currency
        if schedule.subscription
        else schedule.settings["currency"],
        "default_payment_method": None,
        "description": None,
        "discounts": [],
        **_span(schedule, phase),
        "invoice_settings": None,
        "items": [_item(entry) for entry in phase.items],
        "metadata": phase.metadata,
        "on_behalf_of": None,
        "proration_behavior": phase.proration_behavior,
        "transfer_data": None,
        "trial_end": None,
    }


def _item(entry: dict[str, Any]) -> dict[str, Any]:
    price = encode_id("price", UUID(entry["price"]))
    shape: dict[str, Any] = {
        "billing_thresholds": None,
        "discounts": [],
        "metadata": {},
        "plan": price,
        "price": price,
    }
    return shape if entry.get("quantity") is None else {**shape, "quantity": entry["quantity"]}
