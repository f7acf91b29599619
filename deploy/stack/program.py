"""What the supervisor needs to know of one process. Starting, watching and stopping live in supervisor.py."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


class StackError(Exception):
    """The stack cannot run as asked. The message is one sentence for the person at the terminal."""


@dataclass(frozen=True)
class Account:
    """The unprivileged account a root user starts PostgreSQL as, since PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int


def nothing_to_prepare() -> None:
    return None


def ready_once_started() -> bool:
    return True


@dataclass(frozen=True)
class Program:
    """One process of the stack.

    `stage` orders start and stop: a stage starts when every program of the stages below is ready, and stops
    before them. `prepare` runs before every start, restarts included, and clears what a killed predecessor
    left. `is_ready` must answer within two seconds and must not raise.
    """

    name: str
    argv: tuple[str, ...]
    cwd: Path
    stage: int
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 15.0
    ready_seconds: float = 60.0
    prepare: Callable[[], None] = nothing_to_prepare
    is_ready: Callable[[], bool] = ready_once_started
