"""Tenants: every /v1 route and method, tried without a key, without the right, with another merchant's ids.

The routes come from the URL configuration; ROWS says which kind of object each names. A new route without a
row fails, and so does a row without its route.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.architecture.api_routes import Route, v1_routes
from tests.architecture.tenant_world import World, absent_ids, build_world

# Route: the kind of object each parameter names, by its public prefix.
ROWS: dict[str, dict[str, str]] = {
    "account": {},
    "balance": {},
    "billing/meter_events": {},
    "billing/meters": {},
    "billing/meters/<id>": {"id": "mtr"},
    "billing/meters/<id>/deactivate": {"id": "mtr"},
    "billing/meters/<id>/reactivate": {"id": "mtr"},
    "coupons": {},
    "coupons/<id>": {"id": "coupon"},
    "credit_notes": {},
    "credit_notes/<id>": {"id": "cn"},
    "credit_notes/<id>/lines": {"id": "cn"},
    "credit_notes/<id>/void": {"id": "cn"},
    "credit_notes/preview": {},
    "balance_transactions": {},
    "balance_transactions/<id>": {"id": "txn"},
    "charges": {},
    "charges/<id>": {"id": "ch"},
    "customers": {},
    "customers/<id>": {"id": "cus"},
    "customers/<id>/balance_transactions": {"id": "billed"},
    "customers/<id>/balance_transactions/<transaction>": {"id": "billed", "transaction": "cbtxn"},
    "customers/<id>/payment_methods": {"id": "cus"},
    "customers/<id>/payment_methods/<method>": {"id": "cus", "method": "pm"},
    "disputes": {},
    "disputes/<id>": {"id": "dp"},
    "disputes/<id>/close": {"id": "dp"},
    "events": {},
    "events/<event_id>": {"event_id": "evt"},
    "files": {},
    "files/<id>": {"id": "file"},
    "files/<id>/contents": {"id": "file"},
    "invoiceitems": {},
    "invoiceitems/<id>": {"id": "ii"},
    "invoices": {},
    "invoices/<id>": {"id": "in"},
    "invoices/<id>/finalize": {"id": "in"},
    "invoices/<id>/lines": {"id": "in"},
    "invoices/<id>/mark_uncollectible": {"id": "in"},
    "invoices/<id>/pay": {"id": "in"},
    "invoices/<id>/send": {"id": "in"},
    "invoices/<id>/void": {"id": "in"},
    "invoices/create_preview": {},
    "ledger/accounts": {},
    "ledger/accounts/<id>": {"id": "la"},
    "ledger/entries": {},
    "ledger/entries/<id>": {"id": "je"},
    "mandates/<id>": {"id": "mandate"},
    "payment_intents": {},
    "payment_intents/<id>": {"id": "pi"},
    "payment_intents/<id>/cancel": {"id": "pi"},
    "payment_intents/<id>/capture": {"id": "pi"},
    "payment_intents/<id>/confirm": {"id": "pi"},
    "payment_intents/<id>/increment_authorization": {"id": "pi"},
    "payment_methods": {},
    "payment_methods/<id>": {"id": "pm"},
    "payment_methods/<id>/attach": {"id": "pm"},
    "payment_methods/<id>/detach": {"id": "pm"},
    "payment_methods/<id>/psp_tokens": {"id": "pm"},
    "psp_accounts": {},
    "psp_accounts/<id>": {"id": "psp"},
    "payouts": {},
    "payouts/<id>": {"id": "po"},
    "prices": {},
    "prices/<id>": {"id": "price"},
    "products": {},
    "products/<id>": {"id": "prod"},
    "promotion_codes": {},
    "promotion_codes/<id>": {"id": "promo"},
    "reconciliations": {},
    "reconciliations/<id>": {"id": "recon"},
    "reconciliations/breaks": {},
    "reconciliations/breaks/<id>": {"id": "brk"},
    "refunds": {},
    "refunds/<id>": {"id": "re"},
    "refunds/<id>/cancel": {"id": "re"},
    "routing/decisions": {},
    "routing/decisions/<id>": {"id": "rtd"},
    "routing/experiments": {},
    "routing/experiments/<id>": {"id": "rex"},
    "routing/experiments/<id>/start": {"id": "rex"},
    "routing/experiments/<id>/stop": {"id": "rex"},
    "routing/rules": {},
    "routing/rules/<id>": {"id": "rrs"},
    "routing/rules/<id>/retire": {"id": "rrs"},
    "setup_intents": {},
    "setup_intents/<id>": {"id": "seti"},
    "setup_intents/<id>/cancel": {"id": "seti"},
    "setup_intents/<id>/confirm": {"id": "seti"},
    "subscription_items": {},
    "subscription_items/<id>": {"id": "si"},
    "subscription_schedules": {},
    "subscription_schedules/<id>": {"id": "sub_sched"},
    "subscription_schedules/<id>/cancel": {"id": "sub_sched"},
    "subscription_schedules/<id>/release": {"id": "sub_sched"},
    "subscriptions": {},
    "subscriptions/<id>": {"id": "sub"},
    "subscriptions/<id>/resume": {"id": "sub"},
    "tax_rates": {},
    "tax_rates/<id>": {"id": "txr"},
    "test_helpers/test_clocks": {},
    "test_helpers/test_clocks/<id>": {"id": "clock"},
    "test_helpers/test_clocks/<id>/advance": {"id": "clock"},
    "webhook_deliveries": {},
    "webhook_deliveries/<delivery_id>": {"delivery_id": "whd"},
    "webhook_deliveries/<delivery_id>/redeliver": {"delivery_id": "whd"},
    "webhook_endpoints": {},
    "webhook_endpoints/<endpoint_id>": {"endpoint_id": "we"},
    "webhook_endpoints/<endpoint_id>/roll_secret": {"endpoint_id": "we"},
}

# Answered to everyone: nothing of a merchant is in them.
PUBLIC = {"openapi.json": "openapi_document", "^v1(?:/.*)?$": "unknown_route"}

# Parameters without which a route would refuse before it looks for the object; {cus} is the caller's own.
NEEDED = {
    ("post", "payment_intents/<id>/increment_authorization"): {"amount": "1500"},
    ("post", "payment_methods/<id>/attach"): {"customer": "{cus}"},
    ("post", "reconciliations/breaks/<id>"): {"explanation": "why"},
    ("post", "payment_methods/<id>/psp_tokens"): {"psp_account": "{psp}", "token": "pm_card_visa"},
    ("post", "routing/experiments/<id>/stop"): {"reason": "why"},
    ("post", "routing/rules/<id>"): {"rules[0][name]": "x", "rules[0][targets][0][psp_account]": "{psp}"},
    ("post", "customers/<id>/balance_transactions"): {"amount": "-100", "currency": "usd"},
    ("post", "test_helpers/test_clocks/<id>/advance"): {"frozen_time": "1800000000"},
}

# What a list filters by, and what a body may name: (method, route, parameters); {kind} is the foreign id.
ELSEWHERE: list[tuple[str, str, dict[str, str]]] = [
    ("get", "charges", {"customer": "{cus}"}),
    ("get", "charges", {"payment_intent": "{pi}"}),
    ("get", "payment_intents", {"customer": "{cus}"}),
    ("get", "payment_intents", {"starting_after": "{pi}"}),
    ("get", "payment_intents", {"ending_before": "{pi}"}),
    ("get", "payment_methods", {"customer": "{cus}"}),
    ("get", "refunds", {"payment_intent": "{pi}"}),
    ("get", "refunds", {"charge": "{ch}"}),
    ("get", "refunds", {"starting_after": "{re}"}),
    ("get", "customers", {"starting_after": "{cus}"}),
    ("get", "disputes", {"charge": "{ch}"}),
    ("get", "disputes", {"payment_intent": "{pi}"}),
    ("get", "disputes", {"starting_after": "{dp}"}),
    ("get", "files", {"starting_after": "{file}"}),
    ("get", "events", {"starting_after": "{evt}"}),
    ("get", "psp_accounts", {"starting_after": "{psp}"}),
    ("get", "routing/decisions", {"payment_intent": "{pi}"}),
    ("get", "routing/decisions", {"psp_account": "{psp}"}),
    ("get", "routing/decisions", {"experiment": "{rex}"}),
    ("get", "routing/decisions", {"starting_after": "{rtd}"}),
    ("get", "routing/experiments", {"starting_after": "{rex}"}),
    ("get", "routing/rules", {"starting_after": "{rrs}"}),
    ("get", "setup_intents", {"customer": "{cus}"}),
    ("get", "setup_intents", {"payment_method": "{pm}"}),
    ("get", "balance_transactions", {"starting_after": "{txn}"}),
    ("get", "reconciliations", {"starting_after": "{recon}"}),
    ("get", "reconciliations/breaks", {"starting_after": "{brk}"}),
    ("get", "ledger/accounts", {"starting_after": "{la}"}),
    ("get", "ledger/entries", {"starting_after": "{je}"}),
    ("get", "ledger/entries", {"account": "{la}"}),
    ("get", "ledger/entries", {"source": "{pi}"}),
    ("get", "balance_transactions", {"source": "{ch}"}),
    ("get", "balance_transactions", {"source": "{po}"}),
    ("get", "balance_transactions", {"payout": "{po}"}),
    ("get", "payouts", {"starting_after": "{po}"}),
    ("get", "prices", {"product": "{prod}"}),
    ("get", "subscriptions", {"customer": "{billed}"}),
    ("get", "subscriptions", {"price": "{price}"}),
    ("get", "subscriptions", {"test_clock": "{clock}"}),
    ("get", "subscriptions", {"starting_after": "{sub}"}),
    ("get", "subscription_items", {"subscription": "{sub}"}),
    ("get", "subscription_schedules", {"customer": "{billed}"}),
    ("get", "invoices", {"subscription": "{sub}"}),
    ("get", "invoices", {"customer": "{billed}"}),
    ("get", "invoices", {"starting_after": "{in}"}),
    ("get", "invoiceitems", {"customer": "{billed}"}),
    ("get", "invoiceitems", {"invoice": "{in}"}),
    ("get", "credit_notes", {"invoice": "{in}"}),
    ("get", "credit_notes/preview", {"invoice": "{in}", "amount": "100"}),
    ("get", "promotion_codes", {"coupon": "{coupon}"}),
    ("post", "customers", {"test_clock": "{clock}"}),
    ("post", "prices", {"currency": "usd", "unit_amount": "1", "product": "{prod}"}),
    ("post", "promotion_codes", {"promotion[type]": "coupon", "promotion[coupon]": "{coupon}"}),
    ("post", "coupons", {"percent_off": "5", "applies_to[products][]": "{prod}"}),
    ("post", "subscriptions", {"customer": "{billed}", "items[0][price]": "{price}"}),
    ("post", "subscription_items", {"subscription": "{sub}", "price": "{price}"}),
    ("post", "subscription_schedules", {"from_subscription": "{sub}"}),
    ("post", "invoices", {"customer": "{billed}"}),
    ("post", "invoices/create_preview", {"subscription": "{sub}"}),
    ("post", "invoiceitems", {"customer": "{billed}", "amount": "1", "currency": "usd"}),
    ("post", "credit_notes", {"invoice": "{in}", "amount": "100"}),
    ("post", "customers", {"payment_method": "{pm}"}),
    ("post", "payment_intents", {"amount": "1000", "currency": "usd", "customer": "{cus}"}),
    ("post", "payment_intents", {"amount": "1000", "currency": "usd", "payment_method": "{pm}"}),
    ("post", "payment_methods", {"type": "card", "card[token]": "tok_visa", "psp_account": "{psp}"}),
    ("post", "refunds", {"payment_intent": "{pi}"}),
    ("post", "refunds", {"charge": "{ch}"}),
    (
        "post",
        "routing/rules",
        {"name": "x", "rules[0][name]": "x", "rules[0][targets][0][psp_account]": "{psp}"},
    ),
    (
        "post",
        "routing/experiments",
        {
            "name": "x",
            "arms[0][name]": "a",
            "arms[0][psp_account]": "{psp}",
            "arms[1][name]": "b",
            "arms[1][psp_account]": "{psp}",
        },
    ),
    ("post", "setup_intents", {"customer": "{cus}"}),
    ("post", "setup_intents", {"payment_method": "{pm}"}),
]

API_ROUTES = [route for route in v1_routes() if route.template not in PUBLIC]
CASES = [(method, route) for route in API_ROUTES for method in route.methods]
WITH_IDS = [(method, route) for method, route in CASES if route.parameters]
# One object, or a list of what a parameter names.
NO_LISTS = ("account", "balance", "credit_notes/preview", "subscription_items")
LISTS = [
    route
    for route in API_ROUTES
    if not route.parameters and "get" in route.methods and route.template not in NO_LISTS
]


def _name(value: Any) -> str:
    return value.template if isinstance(value, Route) else str(value)


@pytest.fixture
def mine(db: None) -> World:
    return build_world("Mine")


@pytest.fixture
def theirs(db: None) -> World:
    return build_world("Theirs")


def call(method: str, path: str, key: str, parameters: dict[str, str] | None = None) -> HttpResponse:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    client = Client(raise_request_exception=False)
    if method == "post":
        body = "&".join(f"{name}={value}" for name, value in (parameters or {}).items())
        form = "application/x-www-form-urlencoded"
        return client.post(path, body, content_type=form, headers=headers)  # type: ignore[return-value]
    if method == "delete":
        return client.delete(path, headers=headers)  # type: ignore[return-value]
    return client.get(path, parameters or None, headers=headers)  # type: ignore[return-value]


def fill(route: Route, ids: dict[str, str]) -> str:
    return route.path(**{name: ids[kind] for name, kind in ROWS[route.template].items()})


def needed(method: str, route: Route, world: World) -> dict[str, str]:
    return {k: v.format(**world.ids) for k, v in NEEDED.get((method, route.template), {}).items()}


def without_ids(response: HttpResponse) -> tuple[int, bytes]:
    """Status and bytes, with the request's own id and the ids that the caller itself sent taken out."""
    body = re.sub(rb"req_\w+", b"req_", response.content)
    return response.status_code, re.sub(
        rb"\b(cus|pm|psp|seti|mandate|pi|ch|re|po|we|evt|whd|txn|la|je|recon|brk|rrs|rex|rtd|dp|file|prod|price|coupon"
        rb"|promo|txr|mtr|sub_sched|sub|si|in|cn|ii|cbtxn|clock)_\w{22}",
        rb"\1_",
        body,
    )


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    templates = {route.template for route in API_ROUTES}

    assert sorted(templates - set(ROWS)) == [], "A new route: say in ROWS which objects it names."
    assert sorted(set(ROWS) - templates) == []
    assert {r.template: sorted(r.parameters) for r in API_ROUTES} == {t: sorted(p) for t, p in ROWS.items()}


def test_what_answers_everyone_is_listed() -> None:
    functions = {route.template: route.callback for route in v1_routes() if route.view is None}

    assert functions == PUBLIC


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "route"), CASES, ids=_name)
def test_without_a_key_every_route_answers_401(method: str, route: Route) -> None:
    path = fill(route, absent_ids())

    nothing, nonsense = call(method, path, ""), call(method, path, "sk_test_" + "x" * 32)

    assert (nothing.status_code, nonsense.status_code) == (401, 401)
    assert json.loads(nothing.content)["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(("method", "route"), CASES, ids=_name)
def test_a_key_without_the_right_is_refused_before_anything_is_looked_for(
    method: str, route: Route, mine: World
) -> None:
    assert route.view is not None
    path = fill(route, mine.ids)

    elsewhere = call(method, path, mine.key_with(unrelated="write"))

    assert elsewhere.status_code == 403
    if method != "get":
        reader = call(method, path, mine.key_with(**{route.view.scope: "read"}))
        assert reader.status_code == 403


@pytest.mark.parametrize(("method", "route"), WITH_IDS, ids=_name)
def test_a_foreign_id_answers_with_the_bytes_of_an_absent_one(
    method: str, route: Route, mine: World, theirs: World
) -> None:
    parameters = needed(method, route, mine)

    foreign = call(method, fill(route, theirs.ids), mine.key, parameters)
    absent = call(method, fill(route, absent_ids()), mine.key, parameters)

    assert foreign.status_code == 404
    assert without_ids(foreign) == without_ids(absent)


@pytest.mark.parametrize("route", [route for method, route in WITH_IDS if method == "get"], ids=_name)
def test_the_owner_sees_what_the_others_do_not(route: Route, mine: World) -> None:
    response = call("get", fill(route, mine.ids), mine.key)

    assert response.status_code == 200


@pytest.mark.parametrize("kind", ["cus", "pm"])
def test_a_foreign_id_beside_an_own_one_answers_as_an_absent_one(
    kind: str, mine: World, theirs: World
) -> None:
    route = next(r for r in API_ROUTES if r.template == "customers/<id>/payment_methods/<method>")

    foreign = call("get", fill(route, mine.ids | {kind: theirs.ids[kind]}), mine.key)
    absent = call("get", fill(route, mine.ids | {kind: absent_ids()[kind]}), mine.key)

    assert foreign.status_code == 404
    assert without_ids(foreign) == without_ids(absent)


def test_a_foreign_file_in_evidence_is_like_an_absent_one(mine: World, theirs: World) -> None:
    path = f"/v1/disputes/{mine.ids['dp']}"

    foreign, absent = (
        call("post", path, mine.key, {"evidence[receipt]": ids["file"], "submit": "false"})
        for ids in (theirs.ids, absent_ids())
    )

    assert foreign.status_code == 404
    assert without_ids(foreign) == without_ids(absent)


@pytest.mark.parametrize("route", LISTS, ids=_name)
def test_a_list_shows_the_own_rows_and_no_foreign_one(route: Route, mine: World, theirs: World) -> None:
    shown = call("get", route.path(), mine.key).content.decode()

    assert any(own in shown for own in mine.ids.values())
    assert [foreign for foreign in theirs.ids.values() if foreign in shown] == []


@pytest.mark.parametrize(("method", "template", "parameters"), ELSEWHERE, ids=str)
def test_a_foreign_id_in_a_filter_or_a_body_is_like_an_absent_one(
    method: str, template: str, parameters: dict[str, str], mine: World, theirs: World
) -> None:
    path = next(route for route in API_ROUTES if route.template == template).path()
    nobodys = absent_ids()

    foreign = call(method, path, mine.key, {k: v.format(**theirs.ids) for k, v in parameters.items()})
    absent = call(method, path, mine.key, {k: v.format(**nobodys) for k, v in parameters.items()})

    assert without_ids(foreign) == without_ids(absent)
    assert foreign.status_code in ((200, 400, 404) if method == "get" else (400, 404))
    assert not any(text in foreign.content.decode() for text in (theirs.merchant.name, "ada@example.com"))
