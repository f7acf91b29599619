"""Dispatching in this process, for tests, stories and simulators: until every committed event is taken."""

from __future__ import annotations

import time
from collections.abc import Sequence

from foundation.events.dispatching import Consumer, dispatch_batch, is_behind

PAUSE_SECONDS = 0.01


class StillBehind(RuntimeError):
    """An older transaction in this PostgreSQL cluster did not end in time."""


def dispatch_events(consumers: Sequence[Consumer], *, timeout_seconds: float = 120.0) -> int:
    """Let the consumers take all that is committed; how many events they took together.

    Waits for older transactions of the whole cluster, as the relay does. Raises StillBehind in the end.
    """
    deadline = time.monotonic() + timeout_seconds
    taken = 0
    for consumer in consumers:
        while is_behind(consumer):
            moved = dispatch_batch(consumer)
            taken += moved
            if not moved:
                if time.monotonic() > deadline:
                    raise StillBehind(f"The consumer {consumer.name} still has events before it.")
                time.sleep(PAUSE_SECONDS)
    return taken
