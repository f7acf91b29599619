"""Two at once at outgoing webhooks: the limit of endpoints holds, one makes the try, one notice is given."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from foundation import ids
from foundation.events.models import Event
from foundation.events.publishing import publish
from foundation.jobs.registry import RunAgain
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_merchant
from foundation.webhooks.errors import TooManyWebhookEndpoints
from foundation.webhooks.fan_out import WEBHOOKS
from foundation.webhooks.models import WebhookDelivery, WebhookEndpoint
from foundation.webhooks.operations.create_webhook_endpoint import CreatedEndpoint, create_webhook_endpoint
from foundation.webhooks.operations.deliver_webhook import deliver_webhook
from foundation.webhooks.operations.redeliver_webhook import redeliver_webhook
from tests.foundation.webhooks.receiver import Receiver
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def merchant(transactional_db: None, settings: Any) -> Merchant:
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = True
    return create_merchant(name="Corner Shop", currency="usd")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().running() as running:
        yield running


def create(merchant: Merchant, url: str) -> CreatedEndpoint:
    return create_webhook_endpoint(merchant_id=merchant.id, url=url, enabled_events=["*"])


def deliveries(merchant: Merchant, count: int) -> list[WebhookDelivery]:
    with transaction.atomic():
        for _ in range(count):
            publish(
                merchant_id=merchant.id,
                type="charge.updated",
                object_type="charge",
                object_id=ids.new_id(),
                data={},
            )
        WEBHOOKS.take(list(Event.across_merchants.values_list("id", flat=True)))
    return list(WebhookDelivery.across_merchants.order_by("id"))


def test_six_creators_at_once_cannot_pass_the_limit_of_sixteen(merchant: Merchant) -> None:
    for _ in range(14):
        create(merchant, "https://shop.example/hooks")

    answers = together([partial(create, merchant, "https://shop.example/hooks")] * 6)

    assert sum(isinstance(answer, CreatedEndpoint) for answer in answers) == 2
    assert sum(isinstance(answer, TooManyWebhookEndpoints) for answer in answers) == 4
    assert WebhookEndpoint.across_merchants.count() == 16


def test_one_delivery_taken_by_five_workers_at_once_is_one_request(
    merchant: Merchant, receiver: Receiver
) -> None:
    create(merchant, receiver.url)
    receiver.answers(200, delay_seconds=0.3)
    (delivery,) = deliveries(merchant, 1)

    answers = together([partial(deliver_webhook, merchant_id=merchant.id, delivery_id=delivery.id)] * 5)

    assert len(receiver.received) == 1
    assert sum(isinstance(answer, RunAgain) for answer in answers) == 4
    assert WebhookDelivery.across_merchants.get().status == "succeeded"


def test_many_deliveries_answered_410_at_once_disable_the_endpoint_with_one_notice(
    merchant: Merchant, receiver: Receiver
) -> None:
    create(merchant, receiver.url)
    receiver.answers(410)
    pending = deliveries(merchant, 6)

    answers = together(
        [partial(deliver_webhook, merchant_id=merchant.id, delivery_id=delivery.id) for delivery in pending]
    )

    assert answers == [None] * 6
    assert WebhookEndpoint.across_merchants.get().status == "disabled"
    assert Event.across_merchants.filter(type="webhook_endpoint.disabled").count() == 1
    assert set(WebhookDelivery.across_merchants.values_list("status", flat=True)) == {"failed"}


def test_two_people_who_press_redeliver_together_leave_one_pending_delivery(
    merchant: Merchant, receiver: Receiver
) -> None:
    create(merchant, receiver.url)
    (delivery,) = deliveries(merchant, 1)
    deliver_webhook(merchant_id=merchant.id, delivery_id=delivery.id)

    answers = together([partial(redeliver_webhook, merchant_id=merchant.id, delivery_id=delivery.id)] * 2)

    assert [answer.status for answer in answers] == ["pending", "pending"]
    assert WebhookDelivery.across_merchants.get().status == "pending"
