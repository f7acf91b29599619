"""Begin a try: decide whether a delivery is to be sent now, and put that on disk before anything is sent."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from foundation import clock
from foundation.jobs.registry import RunAgain
from foundation.transactions import owns_transaction
from foundation.webhooks.locks import lock_delivery
from foundation.webhooks.models import WebhookDelivery, WebhookEndpoint
from foundation.webhooks.queries import has_older_delivery

CLAIM_SECONDS = 30
"""Longer than a try may take; another job of the same delivery waits that long."""

ORDER_WAIT_SECONDS = 1
ORDER_KEPT_SECONDS = 60
"""How long an older event of the same object holds back a younger one: its first two tries."""


@owns_transaction
def begin_delivery_attempt(*, merchant_id: UUID, delivery_id: UUID) -> WebhookDelivery | RunAgain | None:
    """Claim the delivery for one try. RunAgain when it is not its turn; None when nothing is to be sent any more.

    A delivery to an endpoint that was disabled or deleted ends as failed; it may be sent again later by hand.
    Raises ResourceMissing.
    Writes the delivery.
    Safe to repeat: a claim lapses after 30 s.
    """
    delivery = lock_delivery(merchant_id=merchant_id, delivery_id=delivery_id)
    if delivery.status != WebhookDelivery.Status.PENDING:
        return None
    now = clock.now()
    if delivery.endpoint.status != WebhookEndpoint.Status.ENABLED:
        delivery.fail(at=now)
        delivery.save()
        return None
    if delivery.next_attempt_at is not None and delivery.next_attempt_at > now:
        return RunAgain(at=delivery.next_attempt_at)
    if has_older_delivery(delivery, created_since=now - timedelta(seconds=ORDER_KEPT_SECONDS)):
        return RunAgain(after_seconds=ORDER_WAIT_SECONDS)
    delivery.next_attempt_at = now + timedelta(seconds=CLAIM_SECONDS)
    delivery.save(update_fields=["next_attempt_at"])
    return delivery
