"""Delete a test clock: the subscriptions on it end with it."""

from __future__ import annotations

from uuid import UUID

from foundation import clock as real
from foundation.transactions import outside_transaction, owns_transaction
from subscriptions import events
from subscriptions.errors import TestClockUnexpectedState
from subscriptions.locks import lock_test_clock
from subscriptions.models import LIVE_STATES, SubscriptionStatus, TestClock, TestClockStatus
from subscriptions.operations.cancel_subscription import cancel_subscription
from subscriptions.operations.expire_incomplete_subscription import expire_incomplete_subscription
from subscriptions.queries.test_clocks import get_test_clock, list_subscriptions_on
from subscriptions.shapes import test_clock_shape
from subscriptions.steps.announce import announce


@outside_transaction
def delete_test_clock(*, merchant_id: UUID, test_clock_id: UUID) -> TestClock:
    """Raises: ResourceMissing, TestClockUnexpectedState (it is advancing).

    Writes: as cancel_subscription for each that lives; the clock, test_helpers.test_clock.deleted.
    Safe to repeat: the second time there is no such clock.
    """
    clock = get_test_clock(merchant_id=merchant_id, test_clock_id=test_clock_id)
    _refuse_while_advancing(clock)
    live = list_subscriptions_on(clock).filter(status__in=LIVE_STATES).order_by("id")
    for subscription in live.iterator(chunk_size=100):
        if subscription.status == SubscriptionStatus.INCOMPLETE:
            expire_incomplete_subscription(
                merchant_id=merchant_id, subscription_id=subscription.id, at_once=True
            )
        else:
            cancel_subscription(merchant_id=merchant_id, subscription_id=subscription.id)
    return _delete(merchant_id=merchant_id, test_clock_id=test_clock_id)


@owns_transaction
def _delete(*, merchant_id: UUID, test_clock_id: UUID) -> TestClock:
    clock = lock_test_clock(merchant_id=merchant_id, test_clock_id=test_clock_id)
    _refuse_while_advancing(clock)
    clock.deleted_at = real.now()
    clock.save(update_fields=["deleted_at"])
    announce(clock, events.TEST_CLOCK_DELETED, test_clock_shape(clock, livemode=clock.merchant.livemode))
    return clock


def _refuse_while_advancing(clock: TestClock) -> None:
    if clock.status == TestClockStatus.ADVANCING:
        raise TestClockUnexpectedState(f"The test clock is {clock.status}.")
