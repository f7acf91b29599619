"""/v1/routing and /v1/psp_accounts: drafts, experiments with results, decisions with reasons, secrets never shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from foundation.context import acting
from foundation.ids import decode_id, new_id
from foundation.tenancy.operations import create_api_key
from payments.models import PspAccount, RoutingExperiment, RoutingRuleSet
from payments.operations.activate_rule_set import activate_rule_set
from payments.operations.approve_rule_set import approve_rule_set
from payments.operations.create_psp_account import create_psp_account
from payments.queries.psp_orders import credentials_of
from tests.factories.adyen import HMAC_KEY, MERCHANT_ACCOUNT
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop
from tests.factories.two_psps import TwoPsps, open_second_account
from tests.foundation.conftest import ApiCaller

JSON = "application/json"


@pytest.fixture
def api(shop: Shop) -> ApiCaller:
    """Unchecked against Stripe's schemas: none of these objects is one of Stripe's."""
    return ApiCaller(create_api_key(merchant_id=shop.id).secret)


@pytest.fixture
def two(shop: Shop) -> TwoPsps:
    return open_second_account(shop)


def send(api: ApiCaller, path: str, body: dict[str, Any]) -> Any:
    return api.post(path, json.dumps(body), kind=JSON)


def to_second(two: TwoPsps) -> dict[str, Any]:
    return {
        "name": "Big euros",
        "conditions": {
            "currency": ["EUR"],
            "amount": {"gte": 5_000},
            "country": ["us"],
            "metadata": {"channel": ["web", "app"]},
        },
        "targets": [
            {"psp_account": two.second.public_id, "weight": 9},
            {"psp_account": two.first.public_id, "weight": 1},
        ],
    }


def test_rules_are_drafted_shown_rewritten_and_retired(api: ApiCaller, two: TwoPsps) -> None:
    made = send(
        api, "/v1/routing/rules", {"name": "Euros", "rules": [to_second(two)], "weights": {"cost": 50}}
    )

    shape = made.json()
    assert made.status_code == 200, shape
    assert (shape["object"], shape["status"]) == ("routing.rule_set", "draft")
    assert shape["rules"] == [
        {
            "object": "routing.rule",
            "name": "Big euros",
            "conditions": {
                "amount": {"gte": 5_000},
                "country": ["US"],
                "currency": ["eur"],
                "metadata": {"channel": ["web", "app"]},
            },
            "only": False,
            "targets": [
                {"psp_account": two.second.public_id, "weight": 9},
                {"psp_account": two.first.public_id, "weight": 1},
            ],
        }
    ]
    assert shape["weights"] == {"authorization": 100, "cost": 50, "latency": 0}
    address = f"/v1/routing/rules/{shape['id']}"
    assert api.get(address).json() == shape
    assert send(api, address, {"rules": []}).json()["rules"] == []
    assert send(api, f"{address}/retire", {}).json()["status"] == "retired"
    assert [one["id"] for one in api.get("/v1/routing/rules?status=retired").json()["data"]] == [shape["id"]]


def test_form_bodies_say_the_same_as_json(api: ApiCaller, two: TwoPsps) -> None:
    body = (
        "name=Euros&rules[0][name]=r&rules[0][conditions][currency][0]=eur"
        "&rules[0][conditions][metadata][channel]=web&rules[0][only]=true"
        f"&rules[0][targets][0][psp_account]={two.second.public_id}"
    )

    shape = api.post("/v1/routing/rules", body).json()

    assert shape["rules"][0]["conditions"] == {"currency": ["eur"], "metadata": {"channel": ["web"]}}
    assert shape["rules"][0]["only"] is True


def test_key_can_write_rules_and_nothing_makes_them_take_effect_without_people(
    api: ApiCaller, two: TwoPsps
) -> None:
    shape = send(api, "/v1/routing/rules", {"name": "x", "rules": [to_second(two)]}).json()

    for verb in ("approve", "activate"):
        assert send(api, f"/v1/routing/rules/{shape['id']}/{verb}", {}).status_code == 404

    rule_set_id = decode_id("rrs", shape["id"])
    for person, step in (("ada", approve_rule_set), ("grace", activate_rule_set)):
        with acting(actor=f"staff:{person}"):
            step(merchant_id=two.shop.id, rule_set_id=rule_set_id, content_hash=shape["content_hash"])
    assert api.get(f"/v1/routing/rules/{shape['id']}").json()["status"] == "active"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"rules": []}, "name"),
        ({"name": "x", "rules": [{"name": "r"}]}, "rules[0][targets]"),
        ({"name": "x", "rules": [{"name": "r", "targets": []}]}, "rules[0][targets]"),
        ({"name": "x", "rules": [{"name": "r", "moon": 1}]}, "rules[0][moon]"),
        ({"name": "x", "weights": {"cost": -1}}, "weights[cost]"),
    ],
)
def test_unreadable_rules_are_refused_by_name_and_leave_no_trace(
    api: ApiCaller, two: TwoPsps, body: dict[str, Any], param: str
) -> None:
    answer = send(api, "/v1/routing/rules", body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert not RoutingRuleSet.objects.for_merchant(two.shop.id).exists()


def test_experiment_runs_and_shows_its_results(api: ApiCaller, two: TwoPsps) -> None:
    described = {
        "name": "Second against first",
        "arms": [
            {"name": "first", "psp_account": two.first.public_id},
            {"name": "second", "psp_account": two.second.public_id, "weight": 3},
        ],
        "sticky": True,
        "guardrail_bps": 100,
    }
    made = send(api, "/v1/routing/experiments", described).json()
    address = f"/v1/routing/experiments/{made['id']}"
    assert (made["status"], made["sticky"], made["results"]) == ("draft", True, None)

    assert send(api, f"{address}/start", {}).json()["status"] == "running"
    for _ in range(6):
        two.shop.pays()
    shown = api.get(address).json()
    stopped = send(api, f"{address}/stop", {"reason": "enough"}).json()

    assert [arm["name"] for arm in shown["results"]] == ["first", "second"]
    assert sum(arm["tried"] for arm in shown["results"]) == 6
    assert [arm["verdict"] for arm in shown["results"]] == ["open", "open"]
    assert (stopped["status"], stopped["stop_reason"]) == ("stopped", "enough")
    assert RoutingExperiment.objects.for_merchant(two.shop.id).get().guardrail_bps == 100


def test_decisions_are_listed_by_payment_with_every_account(api: ApiCaller, two: TwoPsps) -> None:
    intent = two.shop.pays()
    two.shop.pays()

    (shape,) = api.get(f"/v1/routing/decisions?payment_intent={intent.public_id}").json()["data"]

    assert (shape["payment_intent"], shape["psp_account"], shape["try"], shape["failover"]) == (
        intent.public_id,
        two.first.public_id,
        1,
        False,
    )
    assert [(one["psp_account"], one["rank"]) for one in shape["considered"]] == [
        (two.first.public_id, 0),
        (two.second.public_id, 1),
    ]
    assert api.get(f"/v1/routing/decisions/{shape['id']}").json() == shape
    assert len(api.get(f"/v1/routing/decisions?psp_account={two.first.public_id}").json()["data"]) == 2


# --- PSP accounts


def test_account_is_created_and_its_secrets_are_never_shown(api: ApiCaller, shop: Shop) -> None:
    secrets = {"secret_key": f"sk_test_{'s3cret' * 5}", "webhook_secret": "whsec_" + "hush" * 6}

    made = send(
        api,
        "/v1/psp_accounts",
        {
            "psp": "stripe",
            "name": "Backup",
            "base_url": shop.psp.base_url,
            "priority": 7,
            "currencies": ["EUR"],
            "cost_model": [{"bps": 250, "fixed": 25, "currency": "eur"}],
            **secrets,
        },
    )

    shape = made.json()
    assert made.status_code == 200, shape
    assert shape["cost_model"] == [
        {"bps": 250, "fixed": 25, "currency": "eur", "brand": None, "country": None}
    ]
    assert (shape["priority"], shape["currencies"], shape["active"]) == (7, ["eur"], True)
    assert shape["webhook_url"].endswith(f"/psp/webhooks/{shape['id']}/")
    row = PspAccount.objects.for_merchant(shop.id).get(name="Backup")
    assert credentials_of(row).secret_key == secrets["secret_key"]
    shown = [made, api.get("/v1/psp_accounts"), api.get(f"/v1/psp_accounts/{shape['id']}")]
    for secret in secrets.values():
        assert all(secret not in answer.content.decode() for answer in shown)


def test_account_is_switched_off_reordered_and_given_new_secrets(api: ApiCaller, shop: Shop) -> None:
    address = f"/v1/psp_accounts/{shop.account.public_id}"
    before = credentials_of(shop.account)

    shape = send(
        api, address, {"active": False, "priority": 1, "webhook_secret": "whsec_the_next_one"}
    ).json()

    row = PspAccount.objects.for_merchant(shop.id).get()
    assert (shape["active"], shape["priority"], row.is_active) == (False, 1, False)
    assert credentials_of(row).webhook_secrets == ("whsec_the_next_one", *before.webhook_secrets)
    assert credentials_of(row).secret_key == before.secret_key


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cost_model": [{"bps": 1, "fixed": 5}]}, "cost_model_invalid"),
        ({"name": "Second"}, "psp_account_name_taken"),
        ({"psp": "adyen"}, "parameter_unknown"),
        ({"base_url": "https://evil.example"}, "parameter_unknown"),
    ],
)
def test_change_that_is_none_of_the_accounts_is_refused(
    api: ApiCaller, two: TwoPsps, change: dict[str, Any], code: str
) -> None:
    answer = send(api, f"/v1/psp_accounts/{two.first.public_id}", change)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert PspAccount.objects.for_merchant(two.shop.id).get(pk=two.first.pk).name == "Scripted"


# --- One card at several accounts


def test_card_is_charged_at_the_further_account_once_it_has_a_token_there(
    api: ApiCaller, shop: Shop, unreachable: Callable[[bool], None]
) -> None:
    method = shop.method()
    two = open_second_account(shop)
    unreachable(True)
    assert pay(api, method.public_id).status_code == 503

    answer = send(
        api,
        f"/v1/payment_methods/{method.public_id}/psp_tokens",
        {"psp_account": two.second.public_id, "token": "pm_card_visa"},
    )

    assert (answer.status_code, answer.json()["id"]) == (200, method.public_id)
    assert pay(api, method.public_id).json()["status"] == "succeeded"
    assert two.charges == (0, 1)


def test_token_of_another_card_is_refused(api: ApiCaller, shop: Shop) -> None:
    method = shop.method()
    two = open_second_account(shop)

    answer = send(
        api,
        f"/v1/payment_methods/{method.public_id}/psp_tokens",
        {"psp_account": two.second.public_id, "token": "pm_card_mastercard"},
    )

    assert answer.json()["error"]["code"] == "payment_method_unusable"
    assert method.tokens.count() == 1


def test_card_whose_digits_the_other_psp_does_not_tell_is_known_by_its_brand(
    api: ApiCaller, shop: Shop, psp: ScriptedPsp
) -> None:
    method = shop.method()
    adyen = create_psp_account(
        merchant_id=shop.id,
        psp="adyen",
        name="Adyen",
        secret_key=f"AQE{new_id().hex}",
        webhook_secret=HMAC_KEY,
        base_url=psp.base_url,
        settings={"merchant_account": MERCHANT_ACCOUNT},
        priority=1,
    )
    address = f"/v1/payment_methods/{method.public_id}/psp_tokens"

    other = send(api, address, {"psp_account": adyen.public_id, "token": "pm_card_mastercard"})
    same = send(api, address, {"psp_account": adyen.public_id, "token": "pm_card_visa"})

    assert other.json()["error"]["code"] == "payment_method_unusable"
    assert (same.status_code, method.tokens.count()) == (200, 2)


def pay(api: ApiCaller, method: str) -> Any:
    return send(
        api,
        "/v1/payment_intents",
        {
            "amount": 1_000,
            "currency": "usd",
            "payment_method": method,
            "confirm": True,
            "return_url": "https://shop.example.com/done",
        },
    )
