"""The sandbox's own clock: wall time plus a growing offset. Nothing else in the package reads time."""

import threading
import time


def wall_seconds() -> float:
    """Real seconds since the epoch: for signatures, deliveries and holds, which no ageing may move."""
    return time.time()


class Clock:
    """Business time, in seconds since the epoch; `advance` ages authorizations, refunds and balances."""

    def __init__(self, offset_seconds: float = 0.0) -> None:
        self._offset_seconds = offset_seconds
        self._lock = threading.Lock()

    @property
    def offset_seconds(self) -> float:
        return self._offset_seconds

    def now(self) -> float:
        return wall_seconds() + self._offset_seconds

    def advance(self, seconds: float) -> None:
        """Move forward. Raises ValueError on a negative amount: rows are ordered by time and may not swap."""
        if seconds < 0:
            raise ValueError("the sandbox clock only moves forward")
        with self._lock:
            self._offset_seconds += seconds

    def reset(self) -> None:
        with self._lock:
            self._offset_seconds = 0.0
