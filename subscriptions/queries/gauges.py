"""What the metrics endpoint reads of subscriptions."""

from __future__ import annotations

from foundation import clock
from subscriptions.queries.due import read_finalizing_lag_seconds, read_renewal_lag_seconds


def read_renewal_lag() -> int:
    return read_renewal_lag_seconds(now=clock.now())


def read_finalizing_lag() -> int:
    return read_finalizing_lag_seconds(now=clock.now())
