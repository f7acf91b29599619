"""Create a meter."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import MeterEventNameTaken
from subscriptions.models import Meter
from subscriptions.shapes import meter_shape
from subscriptions.steps.announce import announce


@owns_transaction
def create_meter(
    *,
    merchant_id: UUID,
    meter_id: UUID,
    display_name: str,
    event_name: str,
    may_exist: bool = False,
    **fields: Any,
) -> Meter:
    """fields: by model name (aggregation, customer_key, value_key).

    Raises: ResourceMissing (merchant), MeterEventNameTaken.
    Writes: the meter, billing.meter.created.
    Safe to repeat: with may_exist the same meter_id finds the first one.
    """
    rows = Meter.objects.for_merchant(merchant_id)
    if may_exist:
        existing = rows.filter(pk=meter_id).first()
        if existing is not None:
            return existing
    merchant = get_merchant(merchant_id)
    if rows.filter(event_name=event_name, deactivated_at__isnull=True).exists():
        raise MeterEventNameTaken(param="event_name")
    meter = Meter(id=meter_id, merchant=merchant, display_name=display_name, event_name=event_name, **fields)
    meter.save(force_insert=True)
    announce(meter, events.METER_CREATED, meter_shape(meter, livemode=merchant.livemode))
    return meter
