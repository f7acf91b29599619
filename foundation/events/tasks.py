"""The job that brings an event to its handler."""

from __future__ import annotations

from uuid import UUID

from foundation.events.handling import HANDLE_JOB, handle_event
from foundation.jobs.registry import job


@job(HANDLE_JOB)
def handle(*, merchant_id: str, event_id: str, handler: str) -> object:
    return handle_event(merchant_id=UUID(merchant_id), event_id=UUID(event_id), handler_name=handler)
