"""Run what comes due on a test clock, one thing after the other, until it shows its target."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from foundation import clock as real
from foundation.transactions import outside_transaction, owns_transaction
from subscriptions import events
from subscriptions.errors import InvoicePaymentUnresolved
from subscriptions.locks import lock_test_clock
from subscriptions.models import TestClock, TestClockStatus
from subscriptions.operations.announce_trial_end import announce_trial_end
from subscriptions.operations.apply_schedule_phase import apply_schedule_phase
from subscriptions.operations.begin_schedule import begin_schedule
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.operations.end_at_date import end_at_date
from subscriptions.operations.expire_incomplete_subscription import expire_incomplete_subscription
from subscriptions.operations.expire_pending_update import expire_pending_update
from subscriptions.operations.expire_resumption import expire_resumption
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.note_overdue_invoice import note_overdue_invoice
from subscriptions.operations.recognise_schedule import recognise_schedule
from subscriptions.operations.renew_subscription import renew_subscription
from subscriptions.operations.resume_collection import resume_collection
from subscriptions.operations.retry_invoice import retry_invoice
from subscriptions.queries.test_clocks import (
    DueWork,
    find_next_work,
    find_test_clock,
    has_undecided_payment,
)
from subscriptions.shapes import test_clock_shape
from subscriptions.steps.announce import announce

MAX_STEPS = 100
"""How much one job runs before it makes room for others."""


class Turned(StrEnum):
    """waiting: a payment's outcome is not known, and time stands still for it."""

    ARRIVED = "arrived"
    GOES_ON = "goes_on"
    WAITING = "waiting"


_BY_KIND: dict[str, Callable[[UUID, UUID], object]] = {
    "expire_incomplete": lambda m, s: expire_incomplete_subscription(merchant_id=m, subscription_id=s),
    "expire_resumption": lambda m, s: expire_resumption(merchant_id=m, subscription_id=s),
    "resume_collection": lambda m, s: resume_collection(merchant_id=m, subscription_id=s),
    "end_at_date": lambda m, s: end_at_date(merchant_id=m, subscription_id=s),
    "expire_pending_update": lambda m, s: expire_pending_update(merchant_id=m, subscription_id=s),
    "trial_will_end": lambda m, s: announce_trial_end(merchant_id=m, subscription_id=s),
    "begin_schedule": lambda m, s: begin_schedule(merchant_id=m, schedule_id=s, in_background=False),
    "apply_phase": lambda m, s: apply_schedule_phase(merchant_id=m, subscription_id=s),
    "renew": lambda m, s: renew_subscription(merchant_id=m, subscription_id=s),
    "finalize": lambda m, i: finalize_invoice(merchant_id=m, invoice_id=i, only_when_due=True),
    "collect": lambda m, i: _collect(m, i),
    "retry": lambda m, r: retry_invoice(merchant_id=m, dunning_run_id=r, in_background=False),
    "recognise": lambda m, s: recognise_schedule(merchant_id=m, schedule_id=s),
    "overdue": lambda m, i: note_overdue_invoice(merchant_id=m, invoice_id=i),
}


@outside_transaction
def turn_test_clock(*, merchant_id: UUID, test_clock_id: UUID, max_steps: int = MAX_STEPS) -> Turned:
    """Everything due is run at its own instant, in the order of queries/test_clocks.py.

    Writes: as the operations that are due; the clock as it moves, and its event when it arrives, or when it has
    waited past its own deletion.
    Safe to repeat: what was run is not due any more.
    """
    done: DueWork | None = None
    for _ in range(max_steps):
        clock = find_test_clock(merchant_id=merchant_id, test_clock_id=test_clock_id)
        if clock is None or clock.status != TestClockStatus.ADVANCING or clock.target_at is None:
            return Turned.ARRIVED
        if has_undecided_payment(clock):
            return _wait(clock)
        work = find_next_work(clock, until=clock.target_at)
        if work is None:
            _arrive(merchant_id=merchant_id, test_clock_id=test_clock_id)
            return Turned.ARRIVED
        if work == done:
            # It could not be done, and nothing has changed: something outside has to move first.
            return _wait(clock)
        _show(merchant_id=merchant_id, test_clock_id=test_clock_id, at=work.at)
        _run(merchant_id, work)
        done = work
    return Turned.GOES_ON


def _run(merchant_id: UUID, work: DueWork) -> None:
    _BY_KIND[work.kind](merchant_id, work.row_id)


def _collect(merchant_id: UUID, invoice_id: UUID) -> None:
    try:
        collect_invoice(merchant_id=merchant_id, invoice_id=invoice_id, attempt=1, in_background=False)
    except InvoicePaymentUnresolved:
        return


def _wait(clock: TestClock) -> Turned:
    if real.now() < clock.deletes_after_at:
        return Turned.WAITING
    _fail(merchant_id=clock.merchant_id, test_clock_id=clock.id)
    return Turned.ARRIVED


@owns_transaction
def _show(*, merchant_id: UUID, test_clock_id: UUID, at: datetime) -> None:
    clock = lock_test_clock(merchant_id=merchant_id, test_clock_id=test_clock_id)
    if at > clock.frozen_at:
        clock.frozen_at = at
        clock.save(update_fields=["frozen_at"])


@owns_transaction
def _arrive(*, merchant_id: UUID, test_clock_id: UUID) -> None:
    clock = lock_test_clock(merchant_id=merchant_id, test_clock_id=test_clock_id)
    if clock.status != TestClockStatus.ADVANCING or clock.target_at is None:
        return
    clock.frozen_at = clock.target_at
    clock.target_at = None
    clock.arrive()
    clock.save()
    announce(clock, events.TEST_CLOCK_READY, test_clock_shape(clock, livemode=clock.merchant.livemode))


@owns_transaction
def _fail(*, merchant_id: UUID, test_clock_id: UUID) -> None:
    clock = lock_test_clock(merchant_id=merchant_id, test_clock_id=test_clock_id)
    if clock.status == TestClockStatus.ADVANCING:
        clock.fail()
        clock.save()
        shape = test_clock_shape(clock, livemode=clock.merchant.livemode)
        announce(clock, events.TEST_CLOCK_FAILED, shape)
