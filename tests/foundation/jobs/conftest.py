"""Jobs of the tests' own, and short words for staging and waking them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction

from foundation.jobs import registry
from foundation.jobs.claiming import SentJob, claim_to_send
from foundation.jobs.models import Job
from foundation.jobs.registry import QUEUES, job
from foundation.jobs.staging import stage_job

Handler = Callable[..., object]


@pytest.fixture
def register_job() -> Iterator[Callable[..., None]]:
    """Register a handler under a name until the test ends."""
    known = set(registry.registered_jobs())

    def register(name: str, handler: Handler, **options: Any) -> None:
        job(name, **options)(handler)

    yield register
    for name in set(registry.registered_jobs()) - known:
        del registry._registered[name]


@pytest.fixture
def stage(db: None) -> Callable[..., Job]:
    """Stage a job in a transaction of its own and return its row."""

    def staged(name: str, **options: Any) -> Job:
        with transaction.atomic():
            stage_job(name, options.pop("args", {}), **options)
        return Job.objects.latest("id")

    return staged


def send_due(limit: int = 100) -> list[SentJob]:
    """What a relay would publish now."""
    return claim_to_send(queues=QUEUES, limit=limit)
