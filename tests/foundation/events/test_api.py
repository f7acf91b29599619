"""/v1/events: the merchant's own, in Stripe's shape, with its filters; deliveries seen and repeated."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from foundation import ids
from foundation.events.models import Event
from foundation.events.publishing import publish
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_api_key, create_merchant
from foundation.transactions import owns_transaction
from foundation.webhooks.models import WebhookDelivery, WebhookEndpoint
from tests.foundation.conftest import ApiCaller
from tests.stripe_shapes import shape_errors

pytestmark = pytest.mark.django_db

BALANCE = {
    "object": "balance",
    "available": [{"amount": 5, "currency": "usd"}],
    "livemode": False,
    "pending": [],
}


@owns_transaction
def happen(merchant: Merchant, event_type: str) -> None:
    publish(
        merchant_id=merchant.pk, type=event_type, object_type="balance", object_id=UUID(int=7), data=BALANCE
    )


@pytest.fixture
def events(merchant: Merchant) -> list[Event]:
    """Newest first."""
    for event_type in ("balance.available", "charge.succeeded", "charge.refunded"):
        happen(merchant, event_type)
    return list(Event.objects.for_merchant(merchant.pk).order_by("-id"))


def delivery(merchant: Merchant, event: Event, status: str) -> WebhookDelivery:
    endpoint = WebhookEndpoint.across_merchants.create(
        merchant=merchant,
        url="https://example.com",
        enabled_events=["*"],
        api_version="x",
        secret_encrypted="x",
    )
    return WebhookDelivery.across_merchants.create(
        merchant=merchant,
        endpoint=endpoint,
        event=event,
        object_id=event.object_id,
        event_position=1,
        status=status,
    )


def types_of(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [event["type"] for event in response.json()["data"]]


def test_events_are_listed_newest_first_in_stripes_shape(api: ApiCaller, events: list[Event]) -> None:
    response = api.get("/v1/events")

    assert types_of(response) == ["charge.refunded", "charge.succeeded", "balance.available"]
    shape = response.json()["data"][2]
    assert [error for error in shape_errors(shape) if not error[0].startswith("type")] == []
    assert shape["data"]["object"] == BALANCE
    assert (shape["pending_webhooks"], shape["api_version"]) == (0, "2026-10-28.endive")
    assert api.get(f"/v1/events/{shape['id']}").json() == shape


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ("type=charge.refunded", ["charge.refunded"]),
        ("type=charge.*", ["charge.refunded", "charge.succeeded"]),
        ("type=*", ["charge.refunded", "charge.succeeded", "balance.available"]),
        ("types[]=balance.available&types[]=charge.refunded", ["charge.refunded", "balance.available"]),
        ("type=nothing.happened", []),
        ("created[gte]=4000000000", []),
        ("created[lt]=4000000000&limit=1", ["charge.refunded"]),
    ],
)
def test_events_are_filtered_by_type_and_time(
    api: ApiCaller, events: list[Event], query: str, types: list[str]
) -> None:
    assert types_of(api.get(f"/v1/events?{query}")) == types


def test_events_are_filtered_by_how_their_delivery_went(
    api: ApiCaller, merchant: Merchant, events: list[Event]
) -> None:
    delivery(merchant, events[0], "failed")
    delivery(merchant, events[1], "succeeded")
    delivery(merchant, events[1], "pending")

    assert types_of(api.get("/v1/events?delivery_success=false")) == ["charge.refunded", "charge.succeeded"]
    assert types_of(api.get("/v1/events?delivery_success=true")) == ["balance.available"]
    assert api.get(f"/v1/events/{events[1].public_id}").json()["pending_webhooks"] == 1


def test_a_list_of_events_costs_the_same_however_long(
    api: ApiCaller, merchant: Merchant, events: list[Event], django_assert_num_queries: Any
) -> None:
    for event in events:
        delivery(merchant, event, "pending")
    api.get("/v1/events")

    with django_assert_num_queries(3):
        response = api.get("/v1/events")

    assert [event["pending_webhooks"] for event in response.json()["data"]] == [1, 1, 1]


def test_another_merchants_events_and_deliveries_answer_like_absent_ones(
    merchant: Merchant, events: list[Event]
) -> None:
    other = create_merchant(name="Other", currency="usd")
    stranger = ApiCaller(create_api_key(merchant_id=other.pk).secret)
    sent = delivery(merchant, events[0], "failed")

    for foreign, absent in (
        (f"/v1/events/{events[0].public_id}", f"/v1/events/{ids.encode_id('evt', UUID(int=1))}"),
        (
            f"/v1/webhook_deliveries/{sent.public_id}",
            f"/v1/webhook_deliveries/{ids.encode_id('whd', UUID(int=1))}",
        ),
    ):
        first, second = stranger.get(foreign), stranger.get(absent)
        assert (first.status_code, second.status_code) == (404, 404)
        assert first.json()["error"]["message"] == second.json()["error"]["message"]
    assert stranger.get("/v1/events").json()["data"] == []
    assert stranger.get("/v1/webhook_deliveries").json()["data"] == []
    assert stranger.get(f"/v1/webhook_deliveries?event={events[0].public_id}").json()["data"] == []
    assert stranger.post(f"/v1/webhook_deliveries/{sent.public_id}/redeliver").status_code == 404
    assert stranger.get(f"/v1/events?starting_after={events[0].public_id}").status_code == 404


def test_a_failed_delivery_is_seen_and_sent_again(
    api: ApiCaller, merchant: Merchant, events: list[Event]
) -> None:
    failed = delivery(merchant, events[0], "failed")
    delivery(merchant, events[1], "succeeded")

    seen = api.get("/v1/webhook_deliveries?status=failed").json()["data"]
    again = api.post(f"/v1/webhook_deliveries/{failed.public_id}/redeliver").json()

    assert [(row["id"], row["event"]) for row in seen] == [(failed.public_id, events[0].public_id)]
    assert (again["id"], again["status"], again["attempts"]) == (failed.public_id, "pending", 0)
