"""Bodies, routes and methods that no client library would send: refused in the contract, nothing left behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.foundation.conftest import FORM
from tests.payments.api.conftest import CheckedCaller

pytestmark = pytest.mark.django_db

PI = "/v1/payment_intents"
OK = b"amount=1000&currency=usd"
JSON = "application/json"


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


# (content type, body, status, code, param)
BODIES: list[tuple[str, bytes, int, str, str | None]] = [
    (JSON, b"{", 400, "request_body_malformed", None),
    (JSON, b'{"amount": 1000,}', 400, "request_body_malformed", None),
    (JSON, b"[1, 2]", 400, "request_body_malformed", None),
    (JSON, b"null", 400, "request_body_malformed", None),
    (JSON, b'"amount"', 400, "request_body_malformed", None),
    (JSON, b'{"amount": NaN, "currency": "usd"}', 400, "request_body_malformed", None),
    (JSON, b'{"amount": Infinity, "currency": "usd"}', 400, "request_body_malformed", None),
    (JSON, b'{"amount": ' + b"9" * 5_000 + b"}", 400, "request_body_malformed", None),
    (JSON, b'{"amount": 1e999999999}', 400, "request_body_malformed", None),
    (JSON, b'{"amount": 10.0, "currency": "usd"}', 400, "parameter_invalid_integer", "amount"),
    (JSON, b'{"amount": 10.5, "currency": "jpy"}', 400, "parameter_invalid_integer", "amount"),
    (JSON, b'{"amount": true, "currency": "usd"}', 400, "parameter_invalid_integer", "amount"),
    (JSON, b'{"amount": null, "currency": "usd"}', 400, "parameter_invalid_empty", "amount"),
    (JSON, b'{"amount": {}, "currency": "usd"}', 400, "parameter_invalid_integer", "amount"),
    (JSON, b'{"amount": 1000, "currency": 840}', 400, "currency_invalid", "currency"),
    (
        JSON,
        b'{"amount": 1000, "currency": "usd", "confirm": "maybe"}',
        400,
        "parameter_invalid_boolean",
        "confirm",
    ),
    (
        JSON,
        b'{"amount": 1000, "currency": "usd", "customer": 7}',
        400,
        "parameter_invalid_string",
        "customer",
    ),
    (JSON, b'{"amount": 1000, "currency": "usd", "metadata": []}', 400, "parameter_invalid_hash", "metadata"),
    (
        JSON,
        b'{"amount": 1000, "currency": "usd", "shipping": [1]}',
        400,
        "parameter_invalid_hash",
        "shipping",
    ),
    (JSON, b'{"amount": 1000, "amount": 1, "currency": "usd"}', 400, "parameter_duplicate", "amount"),
    (
        JSON,
        b'{"amount": 1000, "currency": "usd", "description": "\\u0000"}',
        400,
        "request_body_malformed",
        None,
    ),
    (
        JSON,
        b'{"amount": 1000, "currency": "usd", "description": "\\ud800"}',
        400,
        "request_body_malformed",
        None,
    ),
    (JSON, b'{"amount": 1000, "currency": "usd", "description": 4242424242424242}', 400, "pan_refused", None),
    (JSON, nested(9).encode(), 400, "request_too_complex", None),
    (JSON, nested(100_000).encode(), 400, "request_body_malformed", None),
    (
        JSON,
        json.dumps({"metadata": {str(n): "x" for n in range(1_001)}}).encode(),
        400,
        "request_too_complex",
        None,
    ),
    (JSON, b'{"description": "' + b"x" * 1_048_576 + b'"}', 400, "request_too_large", None),
    (FORM, OK + b"&description=" + b"x" * 1_048_576, 400, "request_too_large", None),
    (FORM, b"&".join(b"metadata[%d]=x" % n for n in range(1_001)), 400, "request_too_complex", None),
    (FORM, OK + b"&metadata" + b"[a]" * 8 + b"=1", 400, "request_too_complex", None),
    (FORM, OK + b"&" + b"k" * 501 + b"=1", 400, "request_too_complex", None),
    (FORM, OK + b"&description=%ff%fe", 400, "request_body_malformed", None),
    (FORM, OK + b"&description=\xc3\x28", 400, "request_body_malformed", None),
    (FORM, OK + b"&description=%00", 400, "request_body_malformed", None),
    (FORM, OK + b"&shipping]x[=1", 400, "parameter_invalid", "shipping]x["),
    (FORM, OK + b"&metadata=a&metadata[b]=c", 400, "parameter_invalid", "metadata[b]"),
    (FORM, OK + b"&currency=eur", 400, "parameter_duplicate", "currency"),
    ("application/xml", b"<amount>1000</amount>", 415, "content_type_unsupported", None),
    ("multipart/form-data; boundary=x", b"--x--", 415, "content_type_unsupported", None),
    (f"{FORM}; charset=latin-1", OK, 415, "content_type_unsupported", None),
]


@pytest.mark.parametrize(
    ("kind", "body", "status", "code", "param"), BODIES, ids=lambda value: str(value)[:60]
)
def test_a_bad_body_is_refused_and_leaves_no_trace(
    kind: str,
    body: bytes,
    status: int,
    code: str,
    param: str | None,
    api: CheckedCaller,
    trace_of: Callable[[], dict[str, Any]],
) -> None:
    before = trace_of()

    response = api.post(PI, body, kind=kind, key="bad-input")

    error = response.json()["error"]
    assert (response.status_code, error["code"], error.get("param")) == (status, code, param)
    assert trace_of() == before


def test_metadata_beyond_fifty_keys_is_refused_when_made_and_when_it_grows(api: CheckedCaller) -> None:
    many = "&".join(f"metadata[k{number}]=x" for number in range(50))

    made = api.post("/v1/customers", many).json()
    too_many = api.post("/v1/customers", f"{many}&metadata[more]=x")
    grown = api.post(f"/v1/customers/{made['id']}", "metadata[more]=x")

    for response in (too_many, grown):
        error = response.json()["error"]
        assert (response.status_code, error["code"], error["param"]) == (400, "metadata_invalid", "metadata")
    assert api.get(f"/v1/customers/{made['id']}").json() == made


@pytest.mark.parametrize("method", ["get", "post", "delete"])
@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v1/nothing",
        f"{PI}/",
        f"{PI}/pi_1/explode",
        "/v1/payment_intents//confirm",
        "/v1/%00",
        "/v1/tokens",
    ],
)
def test_an_unknown_route_is_refused_with_any_method(method: str, path: str, api: CheckedCaller) -> None:
    response = getattr(api, method)(path)

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_route")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("delete", PI, "GET, HEAD, POST"),
        ("delete", f"{PI}/pi_1", "GET, HEAD, POST"),
        ("get", f"{PI}/pi_1/confirm", "POST"),
        ("post", "/v1/charges", "GET, HEAD"),
        ("post", "/v1/balance", "GET, HEAD"),
        ("post", "/v1/events/evt_1", "GET, HEAD"),
        ("put", PI, "GET, HEAD, POST"),
        ("patch", "/v1/customers/cus_1", "DELETE, GET, HEAD, POST"),
        ("options", PI, "GET, HEAD, POST"),
        ("trace", PI, "GET, HEAD, POST"),
    ],
)
def test_a_wrong_method_is_refused_with_the_right_ones(
    method: str, path: str, allowed: str, api: CheckedCaller
) -> None:
    response = getattr(api.client, method)(path, headers={"Authorization": f"Bearer {api.secret}"})

    assert (response.status_code, response.json()["error"]["code"]) == (405, "method_not_allowed")
    assert sorted(response.headers["Allow"].split(", ")) == allowed.split(", ")


def test_a_get_with_a_body_and_a_delete_with_one_read_their_parameters_alike(api: CheckedCaller) -> None:
    made = api.post_form("/v1/customers", name="Ada")

    response = api.client.delete(
        f"/v1/customers/{made['id']}",
        data="force=true",
        content_type=FORM,
        headers={"Authorization": f"Bearer {api.secret}"},
    )

    assert (response.status_code, response.json()["error"]["code"]) == (400, "parameter_unknown")
    assert api.get(f"/v1/customers/{made['id']}").json() == made
