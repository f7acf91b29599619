"""Hedged reads: a second question where the first takes longer than 95 of 100 did lately.

Only for what changes nothing, whoever is asked how often. At most one read in twenty is hedged, so that a service
that slows down is not asked twice as much for it.
"""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

HEDGED_SHARE = 0.05
MAX_SAVED_HEDGES = 2.0
RECENT = 200
MIN_RECENT = 20
"""Below it, nobody can say what is slow."""
MAX_SUBJECTS = 1_000
LONGEST_WAIT_SECONDS = 20.0


class _Pace:
    """How fast one subject answered lately, and what is left of its budget of hedges."""

    def __init__(self) -> None:
        self.latencies: deque[float] = deque(maxlen=RECENT)
        self.budget = 0.0

    def slow_after_seconds(self) -> float | None:
        if len(self.latencies) < MIN_RECENT:
            return None
        ordered = sorted(self.latencies)
        return ordered[int(len(ordered) * 0.95)]


class HedgedReads(Generic[T]):
    """The paces of one process, by subject. says_something: whether an answer needs no other one beside it."""

    def __init__(self, says_something: Callable[[T], bool], *, max_subjects: int = MAX_SUBJECTS) -> None:
        self._says_something = says_something
        self._max_subjects = max_subjects
        self._paces: OrderedDict[str, _Pace] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._paces)

    def ask(self, subject: str, read: Callable[[], T]) -> T:
        """The first answer that says something; what the slower of two says is dropped. Raises what read raises."""
        with self._lock:
            pace = self._pace_of(subject)
            pace.budget = min(MAX_SAVED_HEDGES, pace.budget + HEDGED_SHARE)
            slow_after = pace.slow_after_seconds() if pace.budget >= 1 else None
        started = time.monotonic()
        answer = read() if slow_after is None else self._race(pace, read, slow_after)
        with self._lock:
            pace.latencies.append(time.monotonic() - started)
        return answer

    def _race(self, pace: _Pace, read: Callable[[], T], slow_after: float) -> T:
        answers: queue.SimpleQueue[T | Exception] = queue.SimpleQueue()
        _start(read, answers)
        try:
            return _raised_or_given(answers.get(timeout=slow_after))
        except queue.Empty:
            pass
        with self._lock:
            is_affordable = pace.budget >= 1
            if is_affordable:
                pace.budget -= 1
        if is_affordable:
            _start(read, answers)
        first = answers.get(timeout=LONGEST_WAIT_SECONDS)
        if not is_affordable or self._is_enough(first):
            return _raised_or_given(first)
        second = answers.get(timeout=LONGEST_WAIT_SECONDS)
        return _raised_or_given(second if self._is_enough(second) else first)

    def _is_enough(self, answer: T | Exception) -> bool:
        return not isinstance(answer, Exception) and self._says_something(answer)

    def _pace_of(self, subject: str) -> _Pace:
        pace = self._paces.setdefault(subject, _Pace())
        self._paces.move_to_end(subject)
        while len(self._paces) > self._max_subjects:
            self._paces.popitem(last=False)
        return pace


def _start(read: Callable[[], T], answers: queue.SimpleQueue[T | Exception]) -> None:
    def work() -> None:
        try:
            answers.put(read())
        except Exception as error:
            answers.put(error)

    # The context goes along: request and trace ids, and who asks.
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(work,), name="hedged-read", daemon=True).start()


def _raised_or_given(answer: T | Exception) -> T:
    if isinstance(answer, Exception):
        raise answer
    return answer
