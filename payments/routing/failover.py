"""How often and for how long one request goes on to the next account. Pure but for the clock that only runs forward."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from uuid import UUID

from payments.psp.outcomes import Declined, InquiryOutcome, NotSent

NEVER_ELSEWHERE = frozenset({"too_late"})
"""Reasons for not having sent that hold at every account: this process slept, others may have gone on."""


@dataclass
class Tries:
    """The tries of one request. tried: accounts that refused it."""

    most: int
    total_seconds: float
    tried: set[UUID] = field(default_factory=set)
    began_seconds: float = field(default_factory=time.monotonic)

    def may_go_on(self, account_id: UUID, outcome: InquiryOutcome) -> bool:
        """Whether another account may be asked after this one answered so; it is counted.

        Only after what certainly did not happen: a refusal that a later try may pass, or a call that never left."""
        self.tried.add(account_id)
        return (
            is_safe_elsewhere(outcome)
            and len(self.tried) < self.most
            and time.monotonic() - self.began_seconds < self.total_seconds
        )

    def has_time_for(self, deadline_seconds: float) -> bool:
        """Whether a call of that deadline ends within the request's own."""
        return time.monotonic() - self.began_seconds + deadline_seconds <= self.total_seconds


def is_safe_elsewhere(outcome: InquiryOutcome) -> bool:
    if isinstance(outcome, NotSent):
        return outcome.reason not in NEVER_ELSEWHERE
    return isinstance(outcome, Declined) and outcome.retryable
