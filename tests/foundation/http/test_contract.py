"""Every answer under /v1 is JSON with its headers, and every error keeps the contract."""

from __future__ import annotations

import logging
from typing import Any

import psycopg.errors
import pytest
from django.db import OperationalError
from django.test import Client

from foundation.errors import DomainError
from foundation.observability.metrics import PAN_HITS
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_api_key
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


def assert_contract(
    response: Any, status: int, code: str, kind: str = "invalid_request_error"
) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Stripe-Version"] == "2026-10-28.endive"
    assert response.headers["traceparent"].startswith("00-")
    error: dict[str, Any] = response.json()["error"]
    assert set(response.json()) == {"error"}
    assert (error["type"], error["code"]) == (kind, code)
    assert error["doc_url"] == f"http://127.0.0.1:8000/docs/errors/{code}"
    assert error["request_id"] == response.headers["Request-Id"]
    assert error["request_id"].startswith("req_")
    assert error["message"]
    return error


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/widgets/1/2/3", "/v1/widgets/", "/v1//"])
def test_an_unknown_route_answers_in_the_contract(api: ApiCaller, path: str) -> None:
    error = assert_contract(api.get(path), 404, "unknown_route")

    assert error["message"] == f"Unrecognized request URL (GET: {path})."


@pytest.mark.parametrize("method", ["put", "patch", "options", "trace"])
def test_a_wrong_method_answers_405_with_the_right_ones(api: ApiCaller, method: str) -> None:
    response = getattr(api.client, method)("/v1/widgets", headers={"Authorization": f"Bearer {api.secret}"})

    assert_contract(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("path", ["/v1/broken", "/v1/broken_plain"])
def test_a_bug_answers_500_in_the_contract_and_logs_the_traceback(
    api: ApiCaller, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    with caplog.at_level(logging.ERROR):
        response = api.get(path)

    error = assert_contract(response, 500, "internal_error", "api_error")
    assert "secret reason" not in response.content.decode()
    assert error["message"] == "Something went wrong on our side. The request id tells us what."
    assert any(record.exc_info and record.exc_info[0] is ZeroDivisionError for record in caplog.records)


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "request_body_malformed"),
        (b"\xff\xfe", "application/json", 400, "request_body_malformed"),
        (b"amount=%ff", "application/x-www-form-urlencoded", 400, "request_body_malformed"),
        (b"amount=%00", "application/x-www-form-urlencoded", 400, "request_body_malformed"),
        (b"<a/>", "application/xml", 415, "content_type_unsupported"),
        (b"--x\r\n", "multipart/form-data; boundary=x", 415, "content_type_unsupported"),
        (b"amount=1&amount=2", "application/x-www-form-urlencoded", 400, "parameter_duplicate"),
        (b"a" + b"[b]" * 9 + b"=1", "application/x-www-form-urlencoded", 400, "request_too_complex"),
        (b"a=" + b"x" * 1_048_576, "application/x-www-form-urlencoded", 400, "request_too_large"),
        (b"description=4242424242424242", "application/x-www-form-urlencoded", 400, "pan_refused"),
    ],
)
def test_a_bad_body_is_refused_before_anything_runs(
    api: ApiCaller, body: bytes, kind: str, status: int, code: str
) -> None:
    response = api.post("/v1/widgets", body, kind=kind, key="k1")

    assert_contract(response, status, code)
    assert Widgets.executions == []


def test_a_refused_card_number_is_an_incident_and_appears_nowhere(
    api: ApiCaller, caplog: pytest.LogCaptureFixture
) -> None:
    before = PAN_HITS.labels(place="request")._value.get()

    with caplog.at_level(logging.INFO):
        response = api.post("/v1/widgets", f"{WIDGET}&description=4242424242424242", key="k1")

    assert_contract(response, 400, "pan_refused")
    assert PAN_HITS.labels(place="request")._value.get() == before + 1
    assert "pan_refused" in caplog.text
    assert "4242424242424242" not in caplog.text + response.content.decode()


def test_a_bad_query_string_is_refused_in_the_contract(api: ApiCaller) -> None:
    assert_contract(api.get("/v1/widgets?limit=%ff"), 400, "request_body_malformed")
    error = assert_contract(api.get("/v1/widgets?limit=1000"), 400, "parameter_invalid_integer")
    assert error["param"] == "limit"


def test_a_parameter_error_names_the_parameter_as_the_client_wrote_it(api: ApiCaller) -> None:
    response = api.post("/v1/widgets", f"{WIDGET}&card[exp_month]=13")

    assert assert_contract(response, 400, "parameter_invalid_integer")["param"] == "card[exp_month]"


def test_a_declined_card_answers_402_with_its_details(api: ApiCaller) -> None:
    def decline() -> None:
        raise WidgetDeclined(
            decline_code="do_not_honor", payment_intent={"id": "pi_1", "object": "payment_intent"}
        )

    Widgets.outcome = staticmethod(decline)

    error = assert_contract(api.post("/v1/widgets", WIDGET), 402, "test_widget_declined", "card_error")
    assert error["decline_code"] == "do_not_honor"
    assert error["payment_intent"]["id"] == "pi_1"


def test_a_card_number_in_a_message_is_masked(api: ApiCaller) -> None:
    error = assert_contract(api.get("/v1/4242424242424242"), 404, "unknown_route")

    assert "4242424242424242" not in error["message"]


def _database_failure(state: type[psycopg.Error]) -> None:
    try:
        raise state("the database's own words")
    except psycopg.Error as cause:
        raise OperationalError("the database's own words") from cause


@pytest.mark.parametrize(
    ("cause", "status", "code", "kind"),
    [
        (psycopg.errors.LockNotAvailable, 409, "lock_timeout", "invalid_request_error"),
        (psycopg.errors.QueryCanceled, 503, "service_unavailable", "api_error"),
        (psycopg.errors.ConnectionFailure, 503, "service_unavailable", "api_error"),
    ],
)
def test_a_database_that_cannot_answer_now_invites_a_repeat(
    api: ApiCaller, cause: type[psycopg.Error], status: int, code: str, kind: str
) -> None:
    Widgets.outcome = staticmethod(lambda: _database_failure(cause))

    response = api.post("/v1/widgets", WIDGET)

    assert_contract(response, status, code, kind)
    assert response.headers["Stripe-Should-Retry"] == "true"
    assert "own words" not in response.content.decode()


def test_success_carries_request_id_version_trace_key_and_limits(api: ApiCaller) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    response = api.post("/v1/widgets", WIDGET, key="order-7", traceparent=trace)

    assert response.status_code == 200
    assert response.headers["Request-Id"].startswith("req_")
    assert response.headers["Stripe-Version"] == "2026-10-28.endive"
    assert response.headers["traceparent"].split("-")[1] == "0af7651916cd43dd8448eb211c80319c"
    assert response.headers["Idempotency-Key"] == "order-7"
    assert response.headers["RateLimit-Limit"] == "100"
    assert int(response.headers["RateLimit-Remaining"]) == 199
    assert response.headers["Cache-Control"] == "no-cache, no-store"


def test_two_requests_never_share_a_request_id(api: ApiCaller) -> None:
    first, second = api.get("/v1/account"), api.get("/v1/account")

    assert first.headers["Request-Id"] != second.headers["Request-Id"]


def test_the_release_before_is_served_and_others_are_refused(api: ApiCaller) -> None:
    served = api.get("/v1/account", Stripe_Version="2026-09-30.dahlia")
    refused = api.get("/v1/account", Stripe_Version="2019-01-01")

    assert (served.status_code, served.headers["Stripe-Version"]) == (200, "2026-09-30.dahlia")
    error = assert_contract(refused, 400, "api_version_unsupported")
    assert "2026-10-28.endive and 2026-09-30.dahlia are" in error["message"]


def test_more_requests_than_the_limit_answer_429_with_the_seconds_to_wait(
    api: ApiCaller, settings: Any
) -> None:
    settings.RATE_LIMIT_WRITE = 1
    settings.RATE_LIMIT_BURST_SECONDS = 2

    answers = [api.post("/v1/widgets", WIDGET, key=f"k{n}") for n in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert_contract(answers[2], 429, "rate_limit")
    assert answers[2].headers["Retry-After"] == "1"
    assert answers[2].headers["RateLimit-Limit"] == "1"
    assert answers[2].headers["RateLimit-Remaining"] == "0"
    assert len(Widgets.executions) == 2
    assert api.get("/v1/widgets").status_code == 200


def test_a_request_to_another_host_answers_in_the_contract(db: None, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True

    response = Client(raise_request_exception=False).get("/v1/account", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "request_refused"


@pytest.mark.django_db(transaction=True)
def test_a_write_costs_three_statements_beside_the_work(
    api: ApiCaller, django_assert_num_queries: Any
) -> None:
    api.post("/v1/widgets", WIDGET, key="k0")

    with django_assert_num_queries(3):
        response = api.post("/v1/widgets", WIDGET, key="k1")

    assert response.status_code == 200


def test_a_list_pages_newest_first_in_both_directions(api: ApiCaller, merchant: Merchant) -> None:
    for _ in range(4):
        create_api_key(merchant_id=merchant.pk)
    everything = [row["id"] for row in api.get("/v1/widgets").json()["data"]]

    first = api.get("/v1/widgets?limit=2").json()
    second = api.get(f"/v1/widgets?limit=2&starting_after={everything[1]}").json()
    last = api.get(f"/v1/widgets?limit=2&starting_after={everything[3]}").json()
    back = api.get(f"/v1/widgets?limit=2&ending_before={everything[3]}").json()

    assert everything == sorted(everything, reverse=True)
    assert (first["object"], first["url"], first["has_more"]) == ("list", "/v1/widgets", True)
    assert [row["id"] for row in first["data"]] == everything[0:2]
    assert [row["id"] for row in second["data"]] == everything[2:4]
    assert ([row["id"] for row in last["data"]], last["has_more"]) == (everything[4:5], False)
    assert ([row["id"] for row in back["data"]], back["has_more"]) == (everything[1:3], True)


@pytest.mark.parametrize("cursor", ["key_0000000000000000000000", "key_!", "cus_0000000000000000000000"])
def test_an_unknown_cursor_is_a_missing_resource(api: ApiCaller, cursor: str) -> None:
    error = assert_contract(api.get(f"/v1/widgets?starting_after={cursor}"), 404, "resource_missing")

    assert error["param"] == "starting_after"


def test_every_error_code_has_a_page(client: Client) -> None:
    index = client.get("/docs/errors")
    page = client.get("/docs/errors/pan_refused")

    assert index.status_code == 200
    assert all(f"/docs/errors/{code}" in index.content.decode() for code in DomainError.registry)
    assert "400" in page.content.decode()
    assert client.get("/docs/errors/no_such_code").status_code == 404
