"""What the replay counts, and its patience with an API that says "too fast"."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import stripe

R = TypeVar("R")
MAX_WAITS = 10


@dataclass
class Tally:
    """What happened, counted; payments maps an invoice to the intent that paid it."""

    counts: Counter[str] = field(default_factory=Counter)
    payments: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def paid(self, invoice: str, payment_intent: str) -> None:
        with self.lock:
            self.counts["paid"] += 1
            self.payments[invoice] = payment_intent

    def problem(self, text: str) -> None:
        with self.lock:
            self.counts["problems"] += 1
            self.problems.append(text)


def patiently(call: Callable[[], R]) -> R:
    """Call again after the time the API asks for, when it says that this was too fast."""
    for _ in range(MAX_WAITS):
        try:
            return call()
        except stripe.RateLimitError as error:
            time.sleep(float((error.headers or {}).get("Retry-After", 1)))
    return call()
