"""Stripe's list of events: what webhooks should have brought. It reaches back 30 days.

Source: docs.stripe.com/api/events/list, read 2026-11.
"""

from __future__ import annotations

import json
import time
from typing import Any

import stripe

from payments.psp.outcomes import CallRecord
from payments.psp.port import EventPage, ListEventsRequest
from payments.psp.stripe.asking import milliseconds_since


def read_events(api: Any, request: ListEventsRequest) -> EventPage:
    """One page, newest first, as Stripe has it."""
    started = time.monotonic()
    bodies: tuple[bytes, ...] | None = None
    after, outcome = "", "succeeded"
    status: int | None = 200
    try:
        page = api.events.list(
            {
                "limit": request.limit,
                "created": {"gte": request.from_timestamp, "lt": request.to_timestamp},
                **({"starting_after": request.after} if request.after else {}),
            }
        )
        events = [event.to_dict() for event in page.data]
        bodies = tuple(json.dumps(event, separators=(",", ":")).encode() for event in events)
        after = str(events[-1]["id"]) if events and page.has_more else ""
    except stripe.StripeError as error:
        status, outcome = error.http_status, f"unknown_{type(error).__name__}"[:24]
    except Exception as error:
        # Not a list of events: the next poll asks again.
        bodies, outcome = None, f"unknown_{type(error).__name__}"[:24]
    record = CallRecord(
        operation="list_events",
        psp_key="",
        request={"from": request.from_timestamp, "to": request.to_timestamp},
        answer=None,
        http_status=status,
        latency_ms=milliseconds_since(started),
        outcome=outcome,
    )
    return EventPage(bodies=bodies, after=after, call=record)
