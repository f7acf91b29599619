"""Send a test clock forward: a job runs everything that comes due on the way."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from foundation.jobs.staging import stage_job
from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import TestClockTargetInvalid, TestClockUnexpectedState
from subscriptions.locks import lock_test_clock
from subscriptions.models import TestClock, TestClockStatus
from subscriptions.shapes import test_clock_shape
from subscriptions.steps.announce import announce

FARTHEST = timedelta(days=2 * 366)


@owns_transaction
def advance_test_clock(*, merchant_id: UUID, test_clock_id: UUID, target_at: datetime) -> TestClock:
    """Raises: ResourceMissing, TestClockUnexpectedState (it is advancing), TestClockTargetInvalid.

    Writes: the clock, a job, test_helpers.test_clock.advancing.
    Safe to repeat: a clock that is advancing is refused.
    """
    clock = lock_test_clock(merchant_id=merchant_id, test_clock_id=test_clock_id)
    if clock.status != TestClockStatus.READY:
        raise TestClockUnexpectedState(f"The test clock is {clock.status}.")
    if not clock.frozen_at < target_at <= clock.frozen_at + FARTHEST:
        raise TestClockTargetInvalid(param="frozen_time")
    clock.target_at = target_at
    clock.advance()
    clock.save()
    stage_job(
        "subscriptions.turn_test_clock",
        {"merchant_id": str(merchant_id), "test_clock_id": str(clock.id)},
        merchant_id=merchant_id,
        dedupe_key=f"turn:{clock.public_id}:{target_at.isoformat()}",
    )
    announce(clock, events.TEST_CLOCK_ADVANCING, test_clock_shape(clock, livemode=clock.merchant.livemode))
    return clock
