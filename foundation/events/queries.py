"""The read side of the event stream, for the API, the admin and handlers. A merchant's events only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from foundation.errors import ResourceMissing
from foundation.events.models import Event
from foundation.events.publishing import INNER_PREFIX


def list_events(merchant_id: UUID) -> QuerySet[Event]:
    """A merchant's events, newest first."""
    return Event.objects.for_merchant(merchant_id)


def list_public_events(merchant_id: UUID) -> QuerySet[Event]:
    """Those of them that are for the merchant's eyes."""
    return list_events(merchant_id).exclude(type__startswith=INNER_PREFIX)


def get_event(*, merchant_id: UUID, event_id: UUID) -> Event:
    """One event. Raises ResourceMissing, for another merchant's too."""
    event = Event.objects.for_merchant(merchant_id).filter(id=event_id).first()
    if event is None:
        raise ResourceMissing("No such event.", param="id")
    return event


def list_events_to_replay(
    *,
    since: datetime | None,
    before: datetime,
    only: Sequence[UUID] | None,
    after: tuple[int, int],
    limit: int,
) -> list[tuple[UUID, str, int, int]]:
    """(id, type, xid, position) of all merchants' events from `since` to `before`, in stream order, beyond `after`."""
    xid, position = after
    rows = Event.across_merchants.filter(
        Q(xid__gt=xid) | Q(xid=xid, position__gt=position), created_at__lte=before
    )
    if since is not None:
        rows = rows.filter(created_at__gte=since)
    if only is not None:
        rows = rows.filter(id__in=list(only))
    return list(rows.order_by("xid", "position").values_list("id", "type", "xid", "position")[:limit])
