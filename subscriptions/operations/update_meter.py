"""Change a meter's name, or stop and start its counting."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import MeterEventNameTaken
from subscriptions.locks import lock_meter
from subscriptions.models import Meter
from subscriptions.shapes import meter_shape
from subscriptions.steps.announce import announce


@owns_transaction
def update_meter(
    *, merchant_id: UUID, meter_id: UUID, display_name: str | None = None, is_active: bool | None = None
) -> Meter:
    """None leaves a thing as it is.

    Raises: ResourceMissing, MeterEventNameTaken (another meter counts these events by now).
    Writes: the meter, billing.meter.updated, …deactivated or …reactivated.
    Safe to repeat: what is so already stays so.
    """
    meter = lock_meter(merchant_id=merchant_id, meter_id=meter_id)
    type_ = events.METER_UPDATED
    if is_active is not None and is_active != (meter.deactivated_at is None):
        type_ = events.METER_REACTIVATED if is_active else events.METER_DEACTIVATED
        if is_active:
            _refuse_if_counted_elsewhere(meter)
        meter.deactivated_at = None if is_active else clock.now()
    if display_name is not None:
        meter.display_name = display_name
    meter.updated_at = clock.now()
    meter.save()
    announce(meter, type_, meter_shape(meter, livemode=meter.merchant.livemode))
    return meter


def _refuse_if_counted_elsewhere(meter: Meter) -> None:
    rows = Meter.objects.for_merchant(meter.merchant_id).exclude(pk=meter.pk)
    if rows.filter(event_name=meter.event_name, deactivated_at__isnull=True).exists():
        raise MeterEventNameTaken(param="id")
