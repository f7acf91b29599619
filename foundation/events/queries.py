"""The read side of the event stream, for the API, the admin and handlers. A merchant's events only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from foundation.errors import ResourceMissing
from foundation.events.models import Event


def list_events(merchant_id: UUID) -> QuerySet[Event]:
    """A merchant's events, newest first."""
    return Event.objects.for_merchant(merchant_id)


def get_event(*, merchant_id: UUID, event_id: UUID) -> Event:
    """One event. Raises ResourceMissing, for another merchant's too."""
    event = Event.objects.for_merchant(merchant_id).filter(id=event_id).first()
    if event is None:
        raise ResourceMissing("No such event.", param="id")
    return event


def list_event_ids_since(
    since: datetime, *, after: tuple[int, int], limit: int
) -> list[tuple[UUID, int, int]]:
    """(id, xid, position) of all merchants' events since an instant, in stream order, beyond `after`."""
    xid, position = after
    beyond = Q(xid__gt=xid) | Q(xid=xid, position__gt=position)
    rows = Event.across_merchants.filter(beyond, created_at__gte=since).order_by("xid", "position")
    return list(rows.values_list("id", "xid", "position")[:limit])
