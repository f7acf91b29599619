"""Two requests with one key at the same instant, with real threads, connections and commits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from foundation.idempotency.models import IdempotencyKey
from foundation.tenancy.operations import create_api_key, create_merchant
from tests.foundation.conftest import ApiCaller
from tests.foundation.http.api_routes import Widgets

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.foundation.http.api_routes"),
]

WIDGET = "amount=100&currency=usd"
CALLERS = 8


@pytest.fixture(autouse=True)
def answered() -> Any:
    """Released by every caller that has its answer; the one that executes waits until all others have
    theirs.
    """
    others = threading.Semaphore(0)
    Widgets.executions.clear()
    Widgets.outcome = staticmethod(lambda: [others.acquire(timeout=10) for _ in range(CALLERS - 1)])
    yield others
    Widgets.outcome = None


def all_at_once(call: Any, answered: threading.Semaphore) -> list[Any]:
    barrier = threading.Barrier(CALLERS)

    def run(_: int) -> Any:
        barrier.wait()
        try:
            return call()
        finally:
            answered.release()
            connection.close()

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(run, range(CALLERS)))


def test_of_many_requests_with_one_key_one_is_executed_and_the_others_wait_their_turn(
    answered: threading.Semaphore,
) -> None:
    merchant = create_merchant(name="Corner Shop", currency="usd")
    secret = create_api_key(merchant_id=merchant.pk).secret

    responses = all_at_once(lambda: ApiCaller(secret).post("/v1/widgets", WIDGET, key="k1"), answered)

    assert sorted(response.status_code for response in responses) == [200] + [409] * (CALLERS - 1)
    assert len(Widgets.executions) == 1
    [done] = [response for response in responses if response.status_code == 200]
    assert ApiCaller(secret).post("/v1/widgets", WIDGET, key="k1").content == done.content


def test_of_many_repeats_of_a_dead_request_one_resumes_it(answered: threading.Semaphore) -> None:
    merchant = create_merchant(name="Corner Shop", currency="usd")
    secret = create_api_key(merchant_id=merchant.pk).secret
    for _ in range(CALLERS - 1):
        answered.release()
    ApiCaller(secret).post("/v1/widgets", WIDGET, key="k1")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE foundation_idempotencykey SET recovery_point = 'started', response_status = NULL,"
            " response_body = NULL, finished_at = NULL, lease_until = clock_timestamp() - interval '1 second'"
        )

    responses = all_at_once(lambda: ApiCaller(secret).post("/v1/widgets", WIDGET, key="k1"), answered)

    assert sorted(response.status_code for response in responses) == [200] + [409] * (CALLERS - 1)
    assert [run["is_resumed"] for run in Widgets.executions] == [False, True]
    assert IdempotencyKey.objects.for_merchant(merchant.pk).get().fencing_token == 2
