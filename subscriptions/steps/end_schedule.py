"""Release or cancel a schedule; both are locked with its subscription."""

from __future__ import annotations

from datetime import datetime

from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.models import SubscriptionSchedule
from subscriptions.steps.announce import announce_schedule


@joins_transaction
def end_schedule(schedule: SubscriptionSchedule, *, now: datetime, releases: bool) -> None:
    """releases: the subscription goes on as it is. Writes the schedule and its event."""
    if releases:
        schedule.release(now)
    else:
        schedule.cancel(now)
    schedule.save()
    announce_schedule(schedule, events.SCHEDULE_RELEASED if releases else events.SCHEDULE_CANCELED)
