"""Every request that the tests of Stripe's own SDKs make to a resource we serve: accepted, or refused for a reason
that is written down here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.factories.shop import Shop
from tests.payments.api.conftest import CheckedCaller
from tests.stripe_shapes import corpus

pytestmark = pytest.mark.django_db

SERVED = {
    "balance_transactions",
    "charges",
    "customers",
    "events",
    "payment_intents",
    "payment_methods",
    "refunds",
    "setup_intents",
    "webhook_endpoints",
}
# (method, path, form) as patterns: status, code, and why it is right to refuse.
REFUSED: list[tuple[str, str, str, int, str, str]] = [
    (
        "post",
        "/v1/charges",
        ".+",
        405,
        "method_not_allowed",
        "a charge is made by confirming a payment intent",
    ),
    (
        "post",
        "/v1/charges/ch_x+",
        ".+",
        405,
        "method_not_allowed",
        "charges are read only: the intent is updated",
    ),
    ("post", "/v1/charges/ch_x+/capture", "", 404, "unknown_route", "the payment intent is captured"),
    ("get", "/v1/(charges|customers|payment_intents)/search", "", 400, "parameter_unknown", "no search yet"),
    (".+", "/v1/customers/.+/sources.*", ".*", 404, "unknown_route", "payment methods replaced sources"),
    (".+", "/v1/customers/.+/tax_ids.*", ".*", 404, "unknown_route", "tax ids are the merchant's own affair"),
    (".+", "/v1/customers/.+/cash_balance.*", ".*", 404, "unknown_route", "no bank transfers"),
    (".+", "/v1/customers/.+/funding_instructions", ".*", 404, "unknown_route", "no bank transfers"),
    (
        "post",
        "/v1/customers/.+/balance_transactions/.+",
        ".*",
        405,
        "method_not_allowed",
        "what is in a customer's balance is not changed any more",
    ),
    (
        "get",
        "/v1/customers/.+/balance_transactions/.+",
        ".*",
        404,
        "resource_missing",
        "nobody made this one",
    ),
    (
        "post",
        "/v1/payment_intents",
        ".*payment_method_data.*",
        400,
        "parameter_unknown",
        "tokens only; no p24",
    ),
    ("post", "/v1/payment_intents/.+/apply_customer_balance", "", 404, "unknown_route", "no bank transfers"),
    (
        "post",
        "/v1/payment_intents/.+/increment_authorization",
        ".+",
        400,
        "payment_intent_unexpected_state",
        "the corpus's payment holds no authorization",
    ),
    ("post", "/v1/.+/verify_microdeposits", ".*", 404, "unknown_route", "no bank debits yet"),
    (
        "post",
        "/v1/payment_methods",
        r".*card\[number\].*",
        400,
        "pan_refused",
        "card numbers never come here",
    ),
]
REQUESTS = [request for request in corpus() if request[1].split("/")[2] in SERVED]


def refusal_of(method: str, path: str, form: str) -> tuple[int, str] | None:
    for on_method, on_path, on_form, status, code, _ in REFUSED:
        patterns = ((on_method, method), (on_path, path), (on_form, form))
        if all(re.fullmatch(pattern, text) for pattern, text in patterns):
            return status, code
    return None


class Owned:
    """Objects of our own in the state that a request needs them in, by the prefix of their ids."""

    def __init__(self, api: CheckedCaller, shop: Shop, path: str) -> None:
        self.api = api
        self.shop = shop
        self.path = path

    def id_of(self, prefix: str) -> str:
        makers: dict[str, Callable[[], str]] = {
            "ch": lambda: self.shop.attempt(self.shop.pays()).public_id,
            "cus": self.customer,
            "evt": self.event,
            "pi": self.payment_intent,
            "pm": self.payment_method,
            "re": self.refund,
            "seti": lambda: str(self.api.post_form("/v1/setup_intents")["id"]),
            "txn": self.balance_transaction,
            "we": self.webhook_endpoint,
        }
        return makers[prefix]()

    def customer(self) -> str:
        return str(self.api.post_form("/v1/customers", email="ada@example.com")["id"])

    def event(self) -> str:
        self.customer()
        return str(self.api.get("/v1/events").json()["data"][0]["id"])

    def payment_intent(self) -> str:
        if self.path.endswith("/capture"):
            return self.shop.authorizes().public_id
        return self.shop.intent(token=None).public_id

    def payment_method(self) -> str:
        method = self.shop.method()
        if self.path.endswith("/detach"):
            self.api.post_form(f"/v1/payment_methods/{method.public_id}/attach", customer=self.customer())
        return method.public_id

    def refund(self) -> str:
        charge = self.id_of("ch")
        sent = self.api.post("/v1/refunds", f"charge={charge}", Prefer="respond-async")
        return str(sent.json()["id"])

    def balance_transaction(self) -> str:
        self.shop.pays()
        return str(self.api.get("/v1/balance_transactions").json()["data"][0]["id"])

    def webhook_endpoint(self) -> str:
        made = self.api.post_form(
            "/v1/webhook_endpoints", {"enabled_events[0]": "*"}, url="https://example.com/hook"
        )
        return str(made["id"])


def with_own_ids(text: str, owned: Owned) -> str:
    """Stripe's placeholders (pi_xxxxxxxxxxxxx, cus_123, cus_xyz) replaced; other objects' are left."""
    placeholder = r"\b(ch|cus|evt|pi|pm|re|seti|txn|we)_(x{13}|123|xyz)\b"
    return re.sub(placeholder, lambda found: owned.id_of(found[1]), text)


@pytest.mark.parametrize(("method", "path", "query", "form"), REQUESTS)
def test_a_request_of_stripes_sdk_tests_is_accepted_or_refused_for_a_known_reason(
    method: str, path: str, query: str, form: str, shop: Shop, api: CheckedCaller
) -> None:
    refusal = refusal_of(method, path, form)
    owned = Owned(api, shop, path)
    url = with_own_ids(path, owned) + (f"?{with_own_ids(query, owned)}" if query else "")
    body = with_own_ids(form, owned)

    response = api.post(url, body) if method == "post" else getattr(api, method)(url)

    if refusal is None:
        assert response.status_code == 200, response.content
    else:
        assert (response.status_code, response.json()["error"]["code"]) == refusal


def test_every_reason_to_refuse_is_needed() -> None:
    unused = [
        row[1]
        for row in REFUSED
        if not any(
            refusal_of(method, path, form) == (row[3], row[4]) and re.fullmatch(row[1], path)
            for method, path, _, form in REQUESTS
        )
    ]

    assert unused == []
    assert len(REQUESTS) > 70
