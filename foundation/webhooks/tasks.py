"""The job that tries a delivery. Its waits are the delivery's own schedule, asked for with RunAgain."""

from __future__ import annotations

from uuid import UUID

from foundation.jobs.registry import RunAgain, job
from foundation.webhooks.fan_out import DELIVER_JOB
from foundation.webhooks.operations.deliver_webhook import deliver_webhook


@job(DELIVER_JOB, queue="webhooks")
def deliver(*, merchant_id: str, delivery_id: str) -> RunAgain | None:
    return deliver_webhook(merchant_id=UUID(merchant_id), delivery_id=UUID(delivery_id))
