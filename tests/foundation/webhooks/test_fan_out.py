from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from foundation.jobs.models import Job
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_merchant
from foundation.webhooks.fan_out import WEBHOOKS
from foundation.webhooks.models import WebhookDelivery, WebhookEndpoint
from foundation.webhooks.operations.create_webhook_endpoint import create_webhook_endpoint
from foundation.webhooks.operations.delete_webhook_endpoint import delete_webhook_endpoint
from foundation.webhooks.operations.update_webhook_endpoint import update_webhook_endpoint
from foundation.webhooks.queries import count_pending_webhooks

pytestmark = pytest.mark.django_db

Announce = Callable[..., list[WebhookDelivery]]


def endpoint(merchant: Merchant, *events: str) -> WebhookEndpoint:
    return create_webhook_endpoint(
        merchant_id=merchant.id, url="https://shop.example/hooks", enabled_events=events
    ).endpoint


def test_every_endpoint_that_listens_gets_one_delivery_and_one_job(
    merchant: Merchant, announce: Announce
) -> None:
    by_type = endpoint(merchant, "charge.refunded", "charge.captured")
    by_star = endpoint(merchant, "*")
    endpoint(merchant, "charge.captured")

    deliveries = announce("charge.refunded")

    assert {delivery.endpoint_id for delivery in deliveries} == {by_type.id, by_star.id}
    jobs = Job.objects.filter(name="webhooks.deliver")
    assert {job.args["delivery_id"] for job in jobs} == {str(delivery.id) for delivery in deliveries}
    assert {(job.queue, job.merchant_id) for job in jobs} == {("webhooks", merchant.id)}
    assert count_pending_webhooks(merchant_id=merchant.id, event_ids=[deliveries[0].event_id]) == {
        deliveries[0].event_id: 2
    }


def test_disabled_and_deleted_endpoints_and_those_of_other_merchants_hear_nothing(
    merchant: Merchant, announce: Announce
) -> None:
    disabled, deleted = endpoint(merchant, "*"), endpoint(merchant, "*")
    update_webhook_endpoint(merchant_id=merchant.id, endpoint_id=disabled.id, is_disabled=True)
    delete_webhook_endpoint(merchant_id=merchant.id, endpoint_id=deleted.id)
    endpoint(create_merchant(name="Hat Shop", currency="usd"), "*")

    assert announce() == []
    assert not WebhookDelivery.across_merchants.exists()
    assert not Job.objects.exists()


def test_reading_the_stream_again_makes_no_second_delivery(merchant: Merchant, announce: Announce) -> None:
    endpoint(merchant, "*")
    (delivery,) = announce()

    with transaction.atomic():
        WEBHOOKS.take([delivery.event_id])

    assert WebhookDelivery.across_merchants.count() == 1
    assert Job.objects.count() == 1


def test_a_delivery_knows_its_events_object_and_position(merchant: Merchant, announce: Announce) -> None:
    endpoint(merchant, "*")

    (delivery,) = announce()

    assert (delivery.object_id, delivery.event_position) == (
        delivery.event.object_id,
        delivery.event.position,
    )
    assert (delivery.status, delivery.attempts, delivery.merchant_id) == ("pending", 0, merchant.id)
