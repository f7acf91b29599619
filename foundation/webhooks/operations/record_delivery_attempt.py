"""Record how a try went, and decide what follows for the delivery and for its endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from foundation import clock
from foundation.errors import ResourceMissing
from foundation.events.publishing import publish
from foundation.tenancy.models import Merchant
from foundation.transactions import joins_transaction, owns_transaction
from foundation.webhooks.locks import lock_delivery, lock_endpoint
from foundation.webhooks.models import DeliveryAttempt, WebhookDelivery, WebhookEndpoint
from foundation.webhooks.schedule import next_try_at
from foundation.webhooks.shapes import endpoint_shape

GONE = 410
FAILING_DAYS = 5
GONE_REASON = "The endpoint answered 410 Gone."
FAILING_REASON = "No delivery succeeded for five days."


@dataclass(frozen=True, slots=True)
class Try:
    """How one try went. status_code: None when no answer came; then error says why.

    response_excerpt: scrubbed. retry_after_seconds: the receiver's wish."""

    status_code: int | None
    error: str = ""
    latency_ms: int | None = None
    response_excerpt: str = ""
    retry_after_seconds: float | None = None

    @property
    def is_success(self) -> bool:
        # A redirect is no success: it is not followed, and whoever it points to has not heard of the event.
        return self.status_code is not None and 200 <= self.status_code < 300


@owns_transaction
def record_delivery_attempt(*, merchant_id: UUID, delivery_id: UUID, outcome: Try) -> datetime | None:
    """Log a try and move its delivery on; the instant of the next try, or None when there is none.

    410 and five failing days disable the endpoint. A delivery that has ended meanwhile only gets the log row.
    Raises ResourceMissing.
    Writes the attempt, the delivery, the endpoint when it began or ceased to fail, webhook_endpoint.disabled.
    Safe to repeat: at worst a try is logged twice.
    """
    delivery = lock_delivery(merchant_id=merchant_id, delivery_id=delivery_id)
    now = clock.now()
    delivery.attempts += 1
    delivery.last_status_code = outcome.status_code
    _log(delivery, outcome, now)
    if delivery.status != WebhookDelivery.Status.PENDING:
        return None
    if outcome.is_success:
        delivery.succeed(at=now)
    else:
        next_at = next_try_at(
            tries=delivery.attempts, now=now, retry_after_seconds=outcome.retry_after_seconds
        )
        if next_at is None or outcome.status_code == GONE:
            delivery.fail(at=now)
        else:
            delivery.next_attempt_at = next_at
    delivery.save()
    _judge_endpoint(delivery.endpoint, delivery.merchant, outcome, now)
    return delivery.next_attempt_at


def _log(delivery: WebhookDelivery, outcome: Try, now: datetime) -> None:
    DeliveryAttempt(
        merchant_id=delivery.merchant_id,
        delivery=delivery,
        attempt=delivery.attempts,
        status_code=outcome.status_code,
        error=outcome.error,
        latency_ms=outcome.latency_ms,
        response_excerpt=outcome.response_excerpt,
        created_at=now,
    ).save(force_insert=True)


@joins_transaction
def _judge_endpoint(seen: WebhookEndpoint, merchant: Merchant, outcome: Try, now: datetime) -> None:
    # The endpoint's row is locked only when it is to change: deliveries of a healthy one do not wait for it.
    if outcome.is_success and seen.failing_since is None:
        return
    if not outcome.is_success and seen.failing_since is not None and not _is_over(seen, outcome, now):
        return
    try:
        endpoint = lock_endpoint(merchant_id=seen.merchant_id, endpoint_id=seen.id)
    except ResourceMissing:
        return
    if outcome.is_success:
        endpoint.failing_since = None
    elif endpoint.failing_since is None:
        endpoint.failing_since = now
    if not outcome.is_success and _is_over(endpoint, outcome, now):
        _disable(endpoint, merchant, GONE_REASON if outcome.status_code == GONE else FAILING_REASON)
    endpoint.save()


def _is_over(endpoint: WebhookEndpoint, outcome: Try, now: datetime) -> bool:
    since = endpoint.failing_since
    return outcome.status_code == GONE or (since is not None and now - since >= timedelta(days=FAILING_DAYS))


def _disable(endpoint: WebhookEndpoint, merchant: Merchant, reason: str) -> None:
    if endpoint.status == WebhookEndpoint.Status.DISABLED:
        return
    endpoint.disable(reason=reason)
    publish(
        merchant_id=endpoint.merchant_id,
        type="webhook_endpoint.disabled",
        object_type="webhook_endpoint",
        object_id=endpoint.id,
        data=endpoint_shape(endpoint, livemode=merchant.livemode) | {"disabled_reason": reason},
    )
