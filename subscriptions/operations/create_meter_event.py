"""Count one event of a meter. Sending it twice under one identifier counts it once."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.transactions import owns_transaction
from payments.queries.customers import get_live_customer
from subscriptions.models import Meter, MeterEvent


@owns_transaction
def create_meter_event(
    *,
    merchant_id: UUID,
    event_name: str,
    customer_id: UUID,
    identifier: str,
    value: Decimal,
    happened_at: datetime,
    payload: dict[str, Any] | None = None,
) -> MeterEvent:
    """happened_at: in the customer's use, however late it is told; a late one goes to the next invoice.

    Raises ResourceMissing (no active meter of the name, the customer).
    Writes one meter event.
    Safe to repeat: the same identifier answers the first event.
    """
    meters = Meter.objects.for_merchant(merchant_id).filter(event_name=event_name)
    meter = meters.filter(deactivated_at__isnull=True).first()
    if meter is None:
        raise ResourceMissing(f"No active meter counts '{event_name[:100]}'.", param="event_name")
    customer = get_live_customer(merchant_id=merchant_id, customer_id=customer_id)
    event = MeterEvent(
        merchant_id=merchant_id,
        meter=meter,
        customer=customer,
        identifier=identifier,
        value=value,
        happened_at=happened_at,
        payload=payload or {},
    )
    MeterEvent.across_merchants.bulk_create([event], ignore_conflicts=True)
    return MeterEvent.objects.for_merchant(merchant_id).get(identifier=identifier)
