"""Refuse days of a dunning policy that do not make a schedule."""

from __future__ import annotations

from collections.abc import Sequence

from foundation.transactions import joins_transaction
from subscriptions.errors import DunningPolicyInvalid

MAX_TRIES = 12
MAX_DAYS = 120


@joins_transaction
def refuse_unless_days_rise(offsets_days: Sequence[int]) -> None:
    """Raises DunningPolicyInvalid."""
    days = list(offsets_days)
    if not days or days[0] != 0 or days != sorted(set(days)) or days[-1] > MAX_DAYS or len(days) > MAX_TRIES:
        raise DunningPolicyInvalid(param="offsets_days")
