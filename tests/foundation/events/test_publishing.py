from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from foundation import ids
from foundation.context import acting
from foundation.errors import ResourceMissing
from foundation.events.models import Event
from foundation.events.publishing import NewEvent, publish_all
from foundation.events.queries import get_event, list_events
from foundation.events.shapes import event_shape
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_merchant
from foundation.transactions import TransactionRuleBroken
from tests.factories.owner import as_owner

Publish = Callable[..., Event]


def new_events(merchant: Merchant, count: int) -> list[NewEvent]:
    return [
        NewEvent(merchant.id, "charge.updated", "charge", ids.new_id(), {"number": number})
        for number in range(count)
    ]


def test_an_event_carries_the_object_as_it_stood_and_who_acted(publish_one: Publish) -> None:
    context = {
        "actor": "staff:ada",
        "request_id": "req_1",
        "idempotency_key": "order-7",
        "trace_id": "a" * 32,
    }

    with acting(**context):
        event = publish_one(
            data={"object": "payment_intent", "amount": 1000}, previous_attributes={"amount": 900}
        )

    assert (event.type, event.data["amount"]) == ("payment_intent.succeeded", 1000)
    assert event.previous_attributes == {"amount": 900}
    assert (event.actor, event.request_id, event.idempotency_key) == ("staff:ada", "req_1", "order-7")
    assert (event.trace_id, event.api_version) == ("a" * 32, settings.API_VERSION)


def test_publishing_outside_a_transaction_is_refused_and_leaves_no_event(merchant: Merchant) -> None:
    with pytest.raises(TransactionRuleBroken):
        publish_all(new_events(merchant, 1))

    assert not Event.across_merchants.exists()


def test_many_events_are_one_statement_and_keep_their_order(merchant: Merchant) -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        publish_all(new_events(merchant, 40))

    numbers = [event.data["number"] for event in Event.across_merchants.order_by("xid", "position")]
    assert len(queries) == 1
    assert numbers == list(range(40))


def test_positions_rise_and_transactions_are_told_apart(publish_one: Publish) -> None:
    first, second = publish_one(), publish_one()

    assert second.position > first.position
    assert second.xid >= first.xid > 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE foundation_event SET type = 'x'",
        "DELETE FROM foundation_event",
        "TRUNCATE foundation_event CASCADE",
    ],
)
def test_an_event_can_be_neither_changed_nor_removed(publish_one: Publish, sql: str) -> None:
    publish_one()

    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        as_owner() as cursor,
    ):
        cursor.execute(sql)

    assert Event.across_merchants.count() == 1


def test_nobody_chooses_a_position(merchant: Merchant) -> None:
    with pytest.raises(ProgrammingError, match="position"), transaction.atomic():
        publish_all(new_events(merchant, 1))
        Event(
            merchant=merchant, type="x.y", object_type="x", object_id=ids.new_id(), data={}, position=1
        ).save()


def test_another_merchants_event_is_as_missing_as_none(publish_one: Publish) -> None:
    event = publish_one()
    other = create_merchant(name="Hat Shop", currency="usd")

    with pytest.raises(ResourceMissing) as foreign:
        get_event(merchant_id=other.id, event_id=event.id)
    with pytest.raises(ResourceMissing) as absent:
        get_event(merchant_id=other.id, event_id=ids.new_id())

    assert foreign.value.text == absent.value.text
    assert list(list_events(other.id)) == []


def test_the_shape_is_stripes(publish_one: Publish) -> None:
    with (
        time_machine.travel(datetime(2026, 11, 20, 8, 0, tzinfo=UTC), tick=False),
        acting(request_id="req_5"),
    ):
        event = publish_one(data={"object": "payment_intent"})

    assert event_shape(event, livemode=False, pending_webhooks=2) == {
        "id": event.public_id,
        "object": "event",
        "api_version": settings.API_VERSION,
        "created": 1795161600,
        "data": {"object": {"object": "payment_intent"}},
        "livemode": False,
        "pending_webhooks": 2,
        "request": {"id": "req_5", "idempotency_key": None},
        "type": "payment_intent.succeeded",
    }


def test_the_shape_of_an_update_shows_what_was_before(publish_one: Publish) -> None:
    event = publish_one(data={"amount": 2}, previous_attributes={"amount": 1})

    shape = event_shape(event, livemode=True, pending_webhooks=0)

    assert shape["data"] == {"object": {"amount": 2}, "previous_attributes": {"amount": 1}}
