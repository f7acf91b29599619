"""Send a delivery again, at once: asked for by a person or through the API."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.jobs.staging import stage_job
from foundation.transactions import owns_transaction
from foundation.webhooks.fan_out import DELIVER_JOB
from foundation.webhooks.locks import lock_delivery
from foundation.webhooks.models import WebhookDelivery


@owns_transaction
def redeliver_webhook(*, merchant_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """Try a delivery now. One that has ended begins its schedule anew; one that waits goes on with it.

    Raises ResourceMissing.
    Writes the delivery, the job webhooks.deliver.
    Safe to repeat: the receiver hears of the event again, under the same webhook-id.
    """
    delivery = lock_delivery(merchant_id=merchant_id, delivery_id=delivery_id)
    now = clock.now()
    if delivery.status == WebhookDelivery.Status.PENDING:
        delivery.next_attempt_at = now
    else:
        delivery.send_again(at=now)
    delivery.save()
    stage_job(
        DELIVER_JOB,
        {"merchant_id": str(merchant_id), "delivery_id": str(delivery_id)},
        merchant_id=merchant_id,
    )
    return delivery
