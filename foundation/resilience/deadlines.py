"""A deadline travels with a piece of work: every wait inside it fits into what is left. Free of Django."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


class DeadlinePassed(TimeoutError):
    """The time for this work is used up."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant on the process's monotonic clock: no change of the wall clock moves it.

    >>> deadline = Deadline.after(8.0)
    >>> connection.timeout = deadline.at_most(1.0)
    """

    _at: float
    _clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> Deadline:
        """The deadline `seconds` from now."""
        return cls(clock() + seconds, clock)

    @property
    def remaining_seconds(self) -> float:
        """Seconds left; 0 when passed, never negative."""
        return max(0.0, self._at - self._clock())

    @property
    def has_passed(self) -> bool:
        return self.remaining_seconds == 0.0

    def at_most(self, seconds: float) -> float:
        """A timeout for one wait: `seconds`, or what is left if less. Raises DeadlinePassed at nothing."""
        left = self.remaining_seconds
        if left == 0.0:
            raise DeadlinePassed("The deadline has passed.")
        return min(seconds, left)
