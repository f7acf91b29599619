"""Redis is really gone for ten minutes (by our clock): payments are accepted and confirmed, and work waits as rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag
from typing import Any
from uuid import UUID

import pytest

from foundation.jobs.models import Job
from foundation.jobs.publishing import Publisher
from foundation.jobs.registry import QUEUES
from foundation.jobs.relay import Relay
from foundation.jobs.running import run_job
from foundation.observability.metrics import BROKER_FAILURES, FAILED_OPEN
from foundation.resilience.redis_client import outage
from foundation.tenancy.operations import create_api_key
from payments.models import IntentStatus, PaymentIntent, Refund, RefundStatus
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import later
from tests.factories.shop import Shop
from tests.foundation.conftest import ApiCaller
from tests.foundation.jobs.own_broker import OwnBroker

MINUTES = 10
PATIENCE_SECONDS = 10.0


@pytest.fixture
def redis_server(tmp_path: Path, settings: Any) -> Iterator[OwnBroker]:
    """The Redis of this story alone: breakers, limits, bulkheads and wake-ups are all there."""
    own = OwnBroker(tmp_path)
    own.start()
    settings.REDIS_URL = own.url
    outage.end()
    yield own
    own.stop()
    outage.end()


@pytest.fixture
def relay(redis_server: OwnBroker, db: None) -> Iterator[Relay]:
    publisher = Publisher(redis_server.url)
    yield Relay(readers=[], stop=Flag(), publisher=publisher)
    publisher.close()


def pay(api: ApiCaller, key: str, **headers: str) -> dict[str, Any]:
    answer = api.post(
        "/v1/payment_intents",
        "amount=1000&currency=usd&payment_method=pm_card_visa&confirm=true",
        key=key,
        **headers,
    )
    assert answer.status_code == 200, answer.content
    shape: dict[str, Any] = answer.json()
    return shape


def waiting(shop: Shop) -> int:
    return Job.objects.filter(merchant_id=shop.id, status="ready").count()


def work_off(relay: Relay, redis_server: OwnBroker) -> int:
    """What the relay sends and the workers take, until the queues stay empty; how many messages it were."""
    began, seen = time.monotonic(), 0
    while time.monotonic() - began < PATIENCE_SECONDS:
        moved = relay.turn()
        messages = [message for queue in QUEUES for message in redis_server.messages(queue)]
        redis_server.client.flushdb()
        for message in messages:
            run_job(UUID(message["body"][0][0]))
        seen += len(messages)
        if seen and not moved:
            return seen
    raise AssertionError("the relay never found Redis again")


def test_ten_minutes_without_redis_cost_no_payment_and_no_work(
    shop: Shop, redis_server: OwnBroker, relay: Relay
) -> None:
    api = ApiCaller(create_api_key(merchant_id=shop.id).secret)
    assert pay(api, "before")["status"] == "succeeded"
    relay.turn()
    redis_server.client.flushdb()
    failed_open = FAILED_OPEN.labels("breaker")._value.get()
    broker_failures = BROKER_FAILURES._value.get()

    redis_server.stop()
    at_once, promised, refunds = [], [], []
    for minute in range(MINUTES):
        with later(minute * 60):
            at_once.append(pay(api, f"now-{minute}"))
            promised.append(pay(api, f"soon-{minute}", Prefer="respond-async"))
            refund = api.post(
                "/v1/refunds", f"payment_intent={at_once[-1]['id']}&amount=100", key=f"refund-{minute}"
            )
            assert refund.status_code == 200, refund.content
            refunds.append(refund.json())
            relay.turn()

    assert [shape["status"] for shape in at_once] == ["succeeded"] * MINUTES
    assert [shape["status"] for shape in promised] == ["processing"] * MINUTES
    assert shop.psp.charges() == 1 + MINUTES
    assert waiting(shop) >= MINUTES
    assert FAILED_OPEN.labels("breaker")._value.get() > failed_open
    assert BROKER_FAILURES._value.get() > broker_failures
    assert pay(api, "now-0") == at_once[0], "the same key brings the same answer"

    redis_server.start()
    outage.end()
    work_off(relay, redis_server)

    intents = PaymentIntent.objects.for_merchant(shop.id)
    assert set(intents.values_list("status", flat=True)) == {IntentStatus.SUCCEEDED}
    assert intents.count() == shop.psp.charges() == 1 + 2 * MINUTES
    states = Refund.objects.for_merchant(shop.id).values_list("status", flat=True)
    assert list(states) == [RefundStatus.SUCCEEDED] * MINUTES
    assert shop.psp.refunds() == MINUTES
    assert waiting(shop) == 0
    assert_all_decided(shop)
    assert_books_agree(shop)


def test_a_frozen_redis_does_not_hold_a_payment_up_for_long(
    shop: Shop, redis_server: OwnBroker, relay: Relay
) -> None:
    api = ApiCaller(create_api_key(merchant_id=shop.id).secret)
    pay(api, "before")

    redis_server.freeze()
    try:
        shapes = [pay(api, f"frozen-{number}") for number in range(3)]
    finally:
        redis_server.thaw()

    assert [shape["status"] for shape in shapes] == ["succeeded"] * 3
    assert shop.psp.charges() == 4
    assert_books_agree(shop)
