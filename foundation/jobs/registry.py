"""The register of jobs: which handler a name stands for, and which queue's workers run it.

    @job("payments.execute_refund", queue="psp")
    def execute_refund_job(*, merchant_id: str, refund_id: str) -> None:
        execute_refund(merchant_id=UUID(merchant_id), refund_id=UUID(refund_id))

Handlers live in each app's tasks.py, imported from AppConfig.ready. They are safe to repeat: a job may run twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

QUEUES = ("default", "psp", "webhooks", "billing", "reports")
MAX_ATTEMPTS = 10

H = TypeVar("H", bound=Callable[..., object])


class JobUnknown(LookupError):
    """No handler is registered under this name: a mistake in the code, or a worker older than the row."""


@dataclass(frozen=True, slots=True)
class RunAgain:
    """What a handler returns to be run later, which is no failure. Give exactly one of the two."""

    after_seconds: float | None = None
    at: datetime | None = None

    def __post_init__(self) -> None:
        if (self.after_seconds is None) == (self.at is None):
            raise ValueError("RunAgain takes either after_seconds or at.")


@dataclass(frozen=True, slots=True)
class RegisteredJob:
    name: str
    queue: str
    handler: Callable[..., object]
    max_attempts: int


_registered: dict[str, RegisteredJob] = {}


def job(name: str, *, queue: str = "default", max_attempts: int = MAX_ATTEMPTS) -> Callable[[H], H]:
    """Register the decorated function as the handler of `name`; the function itself is returned unchanged.

    name: `app.verb_noun`, unique over the project. max_attempts: failures before the dead letter.
    """
    if queue not in QUEUES:
        raise ValueError(f"No worker serves the queue {queue!r}; the queues are {', '.join(QUEUES)}.")

    def register(handler: H) -> H:
        known = _registered.get(name)
        if known is not None and known.handler is not handler:
            raise ValueError(f"The job name {name} is claimed twice.")
        _registered[name] = RegisteredJob(name, queue, handler, max_attempts)
        return handler

    return register


def get_job(name: str) -> RegisteredJob:
    """The registered job of this name. Raises JobUnknown."""
    try:
        return _registered[name]
    except KeyError:
        raise JobUnknown(f"No job is registered as {name!r}.") from None


def registered_jobs() -> Mapping[str, RegisteredJob]:
    """All jobs by name, read-only."""
    return MappingProxyType(_registered)
