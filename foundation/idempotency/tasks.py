"""Jobs of the idempotency keys."""

from __future__ import annotations

from foundation.idempotency.operations import purge_idempotency_keys
from foundation.jobs.registry import RunAgain, job


@job("idempotency.purge")
def purge_idempotency_keys_job() -> RunAgain | None:
    return purge_idempotency_keys()
