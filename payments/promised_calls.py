"""A promise to call a PSP that has grown old is not kept any more. Every call that moves money leaves through here.

A process can sleep between writing its promise and making the call: a stopped container, a swapped-out host, a long
pause of garbage collection. Others may have asked the PSP meanwhile, proven that nothing had happened, and acted on
the proof; the late call would make it untrue.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from foundation import clock
from payments.psp.outcomes import CallRecord, NotSent, Outcome
from payments.psp.port import Answer

LATE_SECONDS = 10
"""How old a promise to call may be when the call leaves; well below the first look of anybody else."""
TOO_LATE = NotSent(reason="too_late")


def call_unless_late(promised_at: datetime, call: Callable[[], Answer]) -> tuple[Outcome, CallRecord | None]:
    """Make the call, or say that it was not sent. promised_at: when the row that promises it was written or read."""
    if (clock.now() - promised_at).total_seconds() > LATE_SECONDS:
        return TOO_LATE, None
    answer = call()
    return answer.outcome, answer.call
