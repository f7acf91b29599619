"""Create a test clock: a sandbox merchant's own time."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from foundation import clock as real
from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import TestClockInLivemode
from subscriptions.models import TestClock
from subscriptions.queries.test_clocks import find_test_clock
from subscriptions.shapes import test_clock_shape
from subscriptions.steps.announce import announce

KEPT = timedelta(days=30)


@owns_transaction
def create_test_clock(
    *, merchant_id: UUID, test_clock_id: UUID, frozen_at: datetime, name: str = "", may_exist: bool = False
) -> TestClock:
    """Raises: ResourceMissing (merchant), TestClockInLivemode.

    Writes: the clock, test_helpers.test_clock.created.
    Safe to repeat: with may_exist the same test_clock_id finds the first one.
    """
    if may_exist:
        existing = find_test_clock(merchant_id=merchant_id, test_clock_id=test_clock_id)
        if existing is not None:
            return existing
    merchant = get_merchant(merchant_id)
    if merchant.livemode:
        raise TestClockInLivemode()
    clock = TestClock(
        id=test_clock_id,
        merchant=merchant,
        name=name,
        frozen_at=frozen_at,
        deletes_after_at=real.now() + KEPT,
    )
    clock.save(force_insert=True)
    announce(clock, events.TEST_CLOCK_CREATED, test_clock_shape(clock, livemode=merchant.livemode))
    return clock
