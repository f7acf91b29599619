"""What the answers say, in states that the stories of the SDKs do not reach."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.jobs.inline import run_due_jobs
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.settling import hear_of_payouts
from tests.factories.shop import Shop
from tests.payments.api.conftest import CheckedCaller

pytestmark = pytest.mark.django_db

PI = "/v1/payment_intents"
BILLING = {"billing_details[name]": "Ada", "billing_details[address][city]": "Graz"}
COLLECTIONS = (
    "balance_transactions",
    "charges",
    "customers",
    "events",
    "payment_intents",
    "payment_methods",
    "payouts",
    "refunds",
    "setup_intents",
)


def charge_of(api: CheckedCaller, intent: dict[str, Any]) -> dict[str, Any]:
    shape: dict[str, Any] = api.get(f"/v1/charges/{intent['latest_charge']}").json()
    return shape


def test_every_list_of_a_busy_shop_is_in_stripes_shape(shop: Shop, api: CheckedCaller) -> None:
    shop.gives_back(shop.pays())
    shop.authorizes()
    shop.captures(shop.authorizes(), 400)
    shop.cancels(shop.authorizes())
    shop.pays(token="pm_card_chargeDeclined")
    shop.pays(token="pm_card_threeDSecure2Required")
    shop.pays(5_000, "jpy")
    shop.pays(5_000, "kwd")
    api.post_form("/v1/setup_intents", payment_method="pm_card_visa", confirm="true")
    shop.psp.pays_out()
    hear_of_payouts(shop)

    shown = {name: api.get(f"/v1/{name}?limit=100").json()["data"] for name in COLLECTIONS}

    assert {name: len(rows) > 0 for name, rows in shown.items()} == dict.fromkeys(COLLECTIONS, True) | {
        "customers": False
    }
    assert {row["status"] for row in shown["payment_intents"]} == {
        "canceled",
        "requires_action",
        "requires_capture",
        "requires_payment_method",
        "succeeded",
    }
    for rows in shown.values():
        for row in rows:
            kind = row["object"]
            assert api.get(f"/v1/{kind}s/{row['id']}").json() == row


def test_the_event_of_a_charge_carries_what_the_api_shows(api: CheckedCaller) -> None:
    method = api.post_form("/v1/payment_methods", BILLING, type="card") | api.post_form(
        "/v1/payment_methods", {**BILLING, "card[token]": "tok_visa"}, type="card"
    )
    paid = api.post_form(PI, amount=1_000, currency="usd", payment_method=method["id"], confirm="true")

    (event,) = api.get("/v1/events?type=charge.succeeded").json()["data"]

    charge = charge_of(api, paid)
    assert (charge["billing_details"]["name"], charge["billing_details"]["address"]["city"]) == (
        "Ada",
        "Graz",
    )
    assert event["data"]["object"] == charge


def test_an_intent_whose_outcome_is_not_known_is_processing(
    shop: Shop, psp: ScriptedPsp, api: CheckedCaller
) -> None:
    psp.fails("reset_after_booking")

    intent = api.post_form(PI, amount=1_000, currency="usd", payment_method="pm_card_visa", confirm="true")

    assert (intent["status"], intent["amount_received"]) == ("processing", 0)
    assert charge_of(api, intent)["status"] == "pending"
    refusal = api.post_form(f"{PI}/{intent['id']}/cancel")["error"]
    assert refusal["code"] in ("payment_intent_unexpected_state", "earlier_operation_unresolved")


def test_a_psp_that_does_not_answer_a_setup_leaves_it_processing(
    psp: ScriptedPsp, api: CheckedCaller
) -> None:
    psp.fails("reset_after_booking", operation="setup")

    setup = api.post_form("/v1/setup_intents", payment_method="pm_card_visa", confirm="true")

    assert setup["status"] == "processing"


def test_a_setup_that_the_psp_turns_away_for_now_may_be_confirmed_again(
    psp: ScriptedPsp, api: CheckedCaller
) -> None:
    psp.fails("status_429", operation="setup")

    turned_away = api.post_form("/v1/setup_intents", payment_method="pm_card_visa", confirm="true")
    confirmed = api.post_form(
        f"/v1/setup_intents/{turned_away['id']}/confirm", payment_method=turned_away["payment_method"] or ""
    )

    assert turned_away["last_setup_error"]["type"] == "api_error"
    assert (confirmed["status"], confirmed["last_setup_error"]) == ("succeeded", None)


def test_a_declined_setup_is_a_card_error_with_the_setup_intent_inside(api: CheckedCaller) -> None:
    response = api.post("/v1/setup_intents", "payment_method=pm_card_chargeDeclined&confirm=true")

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (402, "card_error", "card_declined")
    assert error["setup_intent"]["status"] == "requires_payment_method"
    assert api.get("/v1/setup_intents").json()["data"] == [error["setup_intent"]]


def test_a_setup_is_changed_canceled_and_can_not_be_confirmed_afterwards(api: CheckedCaller) -> None:
    setup = api.post_form("/v1/setup_intents", description="Card on file")

    changed = api.post_form(f"/v1/setup_intents/{setup['id']}", payment_method="pm_card_visa", description="")
    again = api.post_form(f"/v1/setup_intents/{setup['id']}", payment_method="pm_card_amex")
    canceled = api.post_form(f"/v1/setup_intents/{setup['id']}/cancel", cancellation_reason="abandoned")
    refusal = api.post_form(f"/v1/setup_intents/{setup['id']}/confirm")["error"]

    assert (changed["status"], changed["description"]) == ("requires_confirmation", None)
    assert again["payment_method"] != changed["payment_method"]
    assert (canceled["status"], canceled["cancellation_reason"]) == ("canceled", "abandoned")
    assert refusal["code"] == "setup_intent_unexpected_state"


def test_a_refund_not_sent_yet_is_canceled(shop: Shop, api: CheckedCaller) -> None:
    paid = shop.pays()
    waiting = api.post("/v1/refunds", f"payment_intent={paid.public_id}", Prefer="respond-async").json()

    canceled = api.post_form(f"/v1/refunds/{waiting['id']}/cancel")
    run_due_jobs()

    assert (waiting["status"], canceled["status"]) == ("pending", "canceled")
    assert shop.psp.refunds() == 0


def test_every_word_of_an_intent_comes_back_and_is_unset_by_an_empty_value(api: CheckedCaller) -> None:
    words = {
        "description": "Two kettles",
        "receipt_email": "ada@example.com",
        "statement_descriptor": "KETTLES",
        "setup_future_usage": "off_session",
        "shipping[name]": "Ada",
        "shipping[address][line1]": "Street 1",
        "shipping[tracking_number]": "T7",
        "metadata[order]": "7",
    }

    made = api.post_form(PI, words, amount=1_000, currency="usd", capture_method="automatic_async")
    unset = dict.fromkeys(
        (
            "description",
            "receipt_email",
            "statement_descriptor",
            "setup_future_usage",
            "shipping",
            "metadata",
        ),
        "",
    )
    bare = api.post_form(f"{PI}/{made['id']}", unset)

    shipping = made["shipping"]
    assert (shipping["name"], shipping["address"]["line1"], shipping["tracking_number"]) == (
        "Ada",
        "Street 1",
        "T7",
    )
    assert {name: made[name] for name in ("description", "receipt_email", "statement_descriptor")} == {
        name: words[name] for name in ("description", "receipt_email", "statement_descriptor")
    }
    assert (made["setup_future_usage"], made["metadata"]) == ("off_session", {"order": "7"})
    assert {name: bare[name] for name in unset} == dict.fromkeys(unset) | {"metadata": {}}


def test_lists_are_filtered_by_time_owner_and_kind(shop: Shop, api: CheckedCaller) -> None:
    paid = shop.pays()
    shop.pays(2_000)
    refund = shop.gives_back(paid, 100)
    created = api.get(f"{PI}/{paid.public_id}").json()["created"]
    charge = shop.attempt(paid).public_id

    def ids(path: str) -> list[str]:
        return [row["id"] for row in api.get(path).json()["data"]]

    assert len(ids(f"{PI}?created={created}")) in (1, 2)
    assert ids(f"{PI}?created[gt]={created + 60}") == []
    assert ids(f"/v1/charges?payment_intent={paid.public_id}") == [charge]
    assert ids(f"/v1/refunds?charge={charge}") == [refund.public_id]
    assert len(ids(f"/v1/balance_transactions?source={charge}")) == 1
    assert len(ids("/v1/balance_transactions?type=refund")) == 1
    assert len(ids("/v1/events?type=charge.*")) == 3
