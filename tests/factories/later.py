"""Time that passes for us and for the sandbox in this process alike; PostgreSQL keeps its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import time_machine

from foundation import clock
from foundation.jobs.inline import run_due_jobs
from payments.operations.expire_authorizations import expire_authorizations
from payments.operations.sweep_due_checks import sweep_due_checks
from payments.operations.sweep_psp_webhooks import sweep_psp_webhooks

DAY_SECONDS = 86_400


@contextmanager
def later(seconds: float) -> Iterator[None]:
    """The block runs `seconds` from now; the clock goes on ticking."""
    with time_machine.travel(clock.now() + timedelta(seconds=seconds)):
        yield


def look_after(seconds: float = 0) -> None:
    """What beat and the workers do `seconds` from now: every due look, expiry and job."""
    with later(seconds):
        sweep_due_checks()
        sweep_psp_webhooks()
        expire_authorizations()
        run_due_jobs()


def look_until_settled(*, until_seconds: float = 2 * 3_600) -> None:
    """Beat and the workers at each instant of the schedule, to well past the report delay of an account in tests."""
    for seconds in (61, 75, 130, 610, 3_700, until_seconds):
        look_after(seconds)
