"""The same key: one effect, the same bytes; another request under it is refused; a dead one is resumed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from foundation import clock, ids
from foundation.errors import LockTimeout
from foundation.idempotency import store
from foundation.idempotency.models import IdempotencyKey, RecoveryPoint
from foundation.idempotency.operations import purge_idempotency_keys
from foundation.idempotency.runner import mark_recovery_point
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_api_key, create_merchant
from foundation.transactions import owns_transaction
from tests.foundation.conftest import ApiCaller
from tests.foundation.http.api_routes import WidgetDeclined, Widgets

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.foundation.http.api_routes")]

WIDGET = "amount=100&currency=usd"


@pytest.fixture(autouse=True)
def widgets() -> Any:
    Widgets.executions.clear()
    Widgets.outcome = None
    yield
    Widgets.outcome = None


def stored(merchant: Merchant) -> IdempotencyKey:
    return IdempotencyKey.objects.for_merchant(merchant.pk).get()


def end_lease(merchant: Merchant) -> None:
    rows = IdempotencyKey.objects.for_merchant(merchant.pk)
    rows.update(lease_until=clock.now() - timedelta(seconds=1))


def die() -> None:
    raise KeyboardInterrupt


def test_a_repeat_gets_the_same_status_and_bytes_and_no_second_effect(
    api: ApiCaller, merchant: Merchant
) -> None:
    first = api.post("/v1/widgets", WIDGET + "&description=Zo%C3%AB", key="k1")

    second = api.post("/v1/widgets", WIDGET + "&description=Zo%C3%AB", key="k1")

    assert (second.status_code, second.content) == (200, first.content)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]
    assert second.headers["Idempotency-Key"] == "k1"
    assert "Idempotent-Replayed" not in first.headers
    assert len(Widgets.executions) == 1
    row = stored(merchant)
    assert (row.recovery_point, row.response_status, row.method) == ("finished", 200, "POST")
    assert (row.path, row.request_id) == ("/v1/widgets", first.headers["Request-Id"])
    assert first.json()["id"] == ids.encode_id("wid", row.reserved_id)


def test_the_same_parameters_in_another_order_and_encoding_are_the_same_request(api: ApiCaller) -> None:
    first = api.post("/v1/widgets", "amount=100&currency=usd&metadata[a]=b&metadata[c]=d", key="k1")

    second = api.post("/v1/widgets", "metadata[c]=d&metadata%5Ba%5D=b&currency=usd&amount=100", key="k1")

    assert second.content == first.content
    assert second.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/v1/widgets", "amount=101&currency=usd"),
        ("post", "/v1/widgets?expand[]=part", WIDGET),
        ("delete", "/v1/widgets/w1", None),
    ],
)
def test_another_request_under_the_same_key_is_refused(
    api: ApiCaller, method: str, path: str, body: str | None
) -> None:
    api.post("/v1/widgets", WIDGET, key="k1")

    response = api.delete(path, key="k1") if method == "delete" else api.post(path, body or "", key="k1")

    error = response.json()["error"]
    assert (response.status_code, error["type"]) == (400, "idempotency_error")
    assert error["code"] == "idempotency_key_reused"
    assert len(Widgets.executions) == 1


def test_the_stored_answer_is_encrypted(api: ApiCaller, merchant: Merchant) -> None:
    response = api.post("/v1/widgets", WIDGET + "&description=whsec_shown_once", key="k1")

    assert b"whsec_shown_once" in response.content
    assert b"whsec_shown_once" not in bytes(stored(merchant).response_body or b"")


def test_a_delete_is_idempotent_too(api: ApiCaller) -> None:
    first = api.delete("/v1/widgets/w1", key="k1")
    second = api.delete("/v1/widgets/w1", key="k1")

    assert second.content == first.content
    assert Widgets.executions == [{"deleted": "w1"}]


def test_a_get_ignores_the_key(api: ApiCaller, merchant: Merchant) -> None:
    response = api.get("/v1/widgets/w1", Idempotency_Key="k1")

    assert response.status_code == 200
    assert response.headers["Idempotency-Key"] == "k1"
    assert not IdempotencyKey.objects.for_merchant(merchant.pk).exists()


def test_requests_without_a_key_each_have_their_effect_and_their_own_id(api: ApiCaller) -> None:
    first, second = api.post("/v1/widgets", WIDGET), api.post("/v1/widgets", WIDGET)

    assert first.json()["id"] != second.json()["id"]
    assert len(Widgets.executions) == 2


def test_a_key_belongs_to_its_merchant(api: ApiCaller) -> None:
    other = create_merchant(name="Other", currency="usd")
    stranger = ApiCaller(create_api_key(merchant_id=other.pk).secret)

    first = api.post("/v1/widgets", WIDGET, key="k1")
    second = stranger.post("/v1/widgets", "amount=999&currency=usd", key="k1")

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json()["amount"] == 999


def test_a_decline_is_kept(api: ApiCaller, merchant: Merchant) -> None:
    def decline() -> None:
        raise WidgetDeclined(decline_code="do_not_honor")

    Widgets.outcome = staticmethod(decline)
    first = api.post("/v1/widgets", WIDGET, key="k1")
    Widgets.outcome = None

    second = api.post("/v1/widgets", WIDGET, key="k1")

    assert (second.status_code, second.content) == (402, first.content)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert stored(merchant).response_status == 402


@pytest.mark.parametrize(
    "body",
    [
        "amount=0&currency=usd",
        "currency=usd",
        "amount=1&currency=usd&foo=1",
        "amount=1&amount=2",
        "amount=%ff",
    ],
)
def test_a_validation_error_is_not_kept_and_the_key_is_as_good_as_new(
    api: ApiCaller, merchant: Merchant, body: str
) -> None:
    refused = api.post("/v1/widgets", body, key="k1")
    nothing_kept = not IdempotencyKey.objects.for_merchant(merchant.pk).exists()

    corrected = api.post("/v1/widgets", WIDGET, key="k1")

    assert (refused.status_code, nothing_kept, corrected.status_code) == (400, True, 200)
    assert len(Widgets.executions) == 1


def test_unauthenticated_and_limited_requests_are_not_kept(
    api: ApiCaller, merchant: Merchant, settings: Any
) -> None:
    assert ApiCaller("sk_test_" + "a" * 43).post("/v1/widgets", WIDGET, key="k1").status_code == 401
    settings.RATE_LIMIT_WRITE = 1
    settings.RATE_LIMIT_BURST_SECONDS = 1
    api.post("/v1/widgets", WIDGET, key="k0")

    limited = api.post("/v1/widgets", WIDGET, key="k1")

    assert limited.status_code == 429
    assert [row.key for row in IdempotencyKey.objects.for_merchant(merchant.pk)] == ["k0"]


def test_a_bug_after_the_parameters_is_kept_and_says_not_to_retry(api: ApiCaller, merchant: Merchant) -> None:
    Widgets.outcome = staticmethod(lambda: 1 / 0)
    first = api.post("/v1/widgets", WIDGET, key="k1")
    Widgets.outcome = None

    second = api.post("/v1/widgets", WIDGET, key="k1")

    assert (first.status_code, second.status_code) == (500, 500)
    assert second.content == first.content
    assert first.headers["Stripe-Should-Retry"] == second.headers["Stripe-Should-Retry"] == "false"
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(Widgets.executions) == 1


@pytest.mark.parametrize("failure", [LockTimeout(), OperationalError("gone")])
def test_what_may_be_repeated_is_resumed_with_the_same_reserved_id(
    api: ApiCaller, merchant: Merchant, failure: Exception
) -> None:
    def fail() -> None:
        raise failure

    Widgets.outcome = staticmethod(fail)
    first = api.post("/v1/widgets", WIDGET, key="k1")
    Widgets.outcome = None

    second = api.post("/v1/widgets", WIDGET, key="k1")

    assert first.status_code in (409, 503)
    assert first.headers["Stripe-Should-Retry"] == "true"
    assert second.status_code == 200
    assert [run["is_resumed"] for run in Widgets.executions] == [False, True]
    assert Widgets.executions[0]["reserved_id"] == Widgets.executions[1]["reserved_id"]
    assert stored(merchant).fencing_token == 2


def test_a_request_in_flight_answers_409_and_invites_a_retry(api: ApiCaller) -> None:
    answers = []
    Widgets.outcome = staticmethod(lambda: answers.append(api.post("/v1/widgets", WIDGET, key="k1")))

    outer = api.post("/v1/widgets", WIDGET, key="k1")

    [inner] = answers
    assert (inner.status_code, outer.status_code) == (409, 200)
    assert inner.json()["error"]["code"] == "idempotency_key_in_use"
    assert inner.headers["Stripe-Should-Retry"] == "true"
    assert len(Widgets.executions) == 1


def test_a_request_that_died_is_resumed_after_its_lease_with_the_same_reserved_id(
    api: ApiCaller, merchant: Merchant
) -> None:
    Widgets.outcome = staticmethod(die)
    with pytest.raises(KeyboardInterrupt):
        api.post("/v1/widgets", WIDGET, key="k1")
    Widgets.outcome = None
    too_early = api.post("/v1/widgets", WIDGET, key="k1")
    end_lease(merchant)

    resumed = api.post("/v1/widgets", WIDGET, key="k1")

    assert too_early.status_code == 409
    assert resumed.status_code == 200
    assert [run["is_resumed"] for run in Widgets.executions] == [False, True]
    assert len({run["reserved_id"] for run in Widgets.executions}) == 1
    row = stored(merchant)
    assert (row.fencing_token, row.recovery_point) == (2, "finished")


def test_a_dead_request_is_not_resumed_by_another_one(api: ApiCaller, merchant: Merchant) -> None:
    Widgets.outcome = staticmethod(die)
    with pytest.raises(KeyboardInterrupt):
        api.post("/v1/widgets", WIDGET, key="k1")
    end_lease(merchant)
    Widgets.outcome = None

    response = api.post("/v1/widgets", "amount=5&currency=usd", key="k1")

    assert (response.status_code, response.json()["error"]["code"]) == (400, "idempotency_key_reused")
    assert len(Widgets.executions) == 1


def test_a_zombie_whose_lease_was_taken_gives_the_answer_of_its_successor(
    api: ApiCaller, merchant: Merchant
) -> None:
    successors = []

    def fall_asleep_past_the_lease() -> None:
        Widgets.outcome = None
        end_lease(merchant)
        successors.append(api.post("/v1/widgets", WIDGET, key="k1"))

    Widgets.outcome = staticmethod(fall_asleep_past_the_lease)

    zombie = api.post("/v1/widgets", WIDGET, key="k1")

    [successor] = successors
    assert successor.status_code == 200
    assert zombie.content == successor.content
    assert zombie.headers["Idempotent-Replayed"] == "true"
    again = api.post("/v1/widgets", WIDGET, key="k1")
    assert (again.content, stored(merchant).fencing_token) == (successor.content, 2)


def test_a_zombie_cannot_release_or_forget_what_its_successor_holds(merchant: Merchant) -> None:
    fingerprint = store.Fingerprint(merchant.pk, "k1", "POST", "/v1/widgets", "0" * 64, "req_1")
    zombie = store.claim_new(fingerprint)
    assert zombie is not None
    end_lease(merchant)
    found = store.find_stored(merchant.pk, "k1")
    assert found is not None
    successor = store.claim_lapsed(found)
    assert successor is not None

    store.release(zombie)
    store.forget(zombie)
    is_kept = store.finish(merchant.pk, zombie, status=200, body=b"{}")

    assert not is_kept
    assert (successor.reserved_id, successor.fencing_token) == (zombie.reserved_id, 2)
    after = store.find_stored(merchant.pk, "k1")
    assert after is not None and after.is_leased and after.response_status is None
    assert store.claim_lapsed(found) is None


@pytest.mark.parametrize("key", ["", " ", "a" * 256, "schlüssel", "a\tb", " a", "4242424242424242"])
def test_a_key_that_cannot_be_stored_is_refused_or_ignored(
    api: ApiCaller, merchant: Merchant, key: str
) -> None:
    response = api.post("/v1/widgets", WIDGET, key=key)

    assert response.status_code == (200 if key == "" else 400)
    assert not IdempotencyKey.objects.for_merchant(merchant.pk).exists()


def test_the_longest_key_is_kept(api: ApiCaller, merchant: Merchant) -> None:
    assert api.post("/v1/widgets", WIDGET, key="k" * 255).status_code == 200
    assert stored(merchant).key == "k" * 255


def test_a_recovery_point_is_noted_in_the_transaction_of_the_work(api: ApiCaller, merchant: Merchant) -> None:
    seen = []

    @owns_transaction
    def work() -> None:
        mark_recovery_point(RecoveryPoint.ATTEMPT_PERSISTED)
        seen.append(stored(merchant).recovery_point)

    Widgets.outcome = staticmethod(work)
    api.post("/v1/widgets", WIDGET, key="k1")
    api.post("/v1/widgets", "amount=2&currency=usd")

    assert seen == ["attempt_persisted", "finished"]
    assert stored(merchant).recovery_point == "finished"


def test_keys_are_forgotten_after_thirty_days(api: ApiCaller, merchant: Merchant) -> None:
    api.post("/v1/widgets", WIDGET, key="old")
    api.post("/v1/widgets", WIDGET, key="young")
    for key, days in (("old", 31), ("young", 29)):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE foundation_idempotencykey"
                " SET created_at = clock_timestamp() - make_interval(days => %s) WHERE key = %s",
                [days, key],
            )

    purge_idempotency_keys()

    assert [row.key for row in IdempotencyKey.objects.for_merchant(merchant.pk)] == ["young"]
    assert api.post("/v1/widgets", "amount=2&currency=usd", key="old").status_code == 200
