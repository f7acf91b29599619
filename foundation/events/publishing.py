"""Publishing: an event is a row in the transaction of the change it tells of; it exists if that commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from foundation.context import current
from foundation.events.models import Event
from foundation.observability.trace_ids import current_trace_id
from foundation.transactions import joins_transaction

MAX_EVENTS_PER_INSERT = 1_000
INNER_PREFIX = "psp."
"""Types that begin so are news from floor to floor: no merchant lists them or has them delivered."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What happened, in the past: `payment_intent.succeeded`.

    object_type: the object's name in the API (`payment_intent`). data: the whole object as it stands now, in
    the API's newest shape. previous_attributes: for `….updated`, the changed fields with their former values.
    """

    merchant_id: UUID
    type: str
    object_type: str
    object_id: UUID
    data: Mapping[str, Any]
    previous_attributes: Mapping[str, Any] | None = None


@joins_transaction
def publish(
    *,
    merchant_id: UUID,
    type: str,
    object_type: str,
    object_id: UUID,
    data: Mapping[str, Any],
    previous_attributes: Mapping[str, Any] | None = None,
) -> None:
    """Publish one event (NewEvent says what the arguments mean). Writes one event row.

    Who acts, in which request and trace, is taken from foundation.context.
    """
    _insert([NewEvent(merchant_id, type, object_type, object_id, data, previous_attributes)])


@joins_transaction
def publish_all(events: Sequence[NewEvent]) -> None:
    """Publish several events in the order given: one INSERT per thousand."""
    _insert(events)


def _insert(events: Sequence[NewEvent]) -> None:
    Event.across_merchants.bulk_create([_row(event) for event in events], batch_size=MAX_EVENTS_PER_INSERT)


def _row(new: NewEvent) -> Event:
    context = current()
    return Event(
        merchant_id=new.merchant_id,
        type=new.type,
        object_type=new.object_type,
        object_id=new.object_id,
        data=dict(new.data),
        previous_attributes=None if new.previous_attributes is None else dict(new.previous_attributes),
        api_version=settings.API_VERSION,
        request_id=context.request_id,
        idempotency_key=context.idempotency_key,
        trace_id=current_trace_id(),
        actor=context.actor,
    )
