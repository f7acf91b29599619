"""Changing a subscription through the API: what the payment decides, the anchor, the period's end, schedules."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from foundation import clock
from tests.factories.billing import Biller
from tests.payments.api.conftest import CheckedCaller
from tests.subscriptions.clocks import DECLINES


@pytest.fixture
def price(api: CheckedCaller) -> dict[str, Any]:
    return priced(api, "1000")


@pytest.fixture
def customer(biller: Biller) -> Any:
    return biller.customer()


@pytest.fixture
def subscription(api: CheckedCaller, customer: Any, price: dict[str, Any]) -> dict[str, Any]:
    return api.post_form("/v1/subscriptions", {"items[0][price]": price["id"]}, customer=customer.public_id)


def priced(api: CheckedCaller, amount: str, interval: str = "month") -> dict[str, Any]:
    product = api.post_form("/v1/products", name="Tea")
    return api.post_form(
        "/v1/prices",
        {"recurring[interval]": interval},
        product=product["id"],
        currency="usd",
        unit_amount=amount,
    )


def changed(subscription: dict[str, Any], price: dict[str, Any]) -> dict[str, str]:
    return {
        "items[0][id]": subscription["items"]["data"][0]["id"],
        "items[0][price]": price["id"],
    }


def test_a_change_waits_for_its_payment_and_is_made_when_it_is_paid(
    api: CheckedCaller, biller: Biller, customer: Any, subscription: dict[str, Any]
) -> None:
    biller.takes_card(customer, DECLINES)
    dear = priced(api, "5000")
    address = f"/v1/subscriptions/{subscription['id']}"

    waiting = api.post_form(
        address,
        changed(subscription, dear),
        proration_behavior="always_invoice",
        payment_behavior="pending_if_incomplete",
    )
    biller.takes_card(customer, "pm_card_visa")
    api.post_form(f"/v1/invoices/{waiting['latest_invoice']}/pay")
    made = api.get(address).json()

    pending = waiting["pending_update"]
    assert waiting["items"]["data"][0]["price"]["unit_amount"] == 1_000
    assert [one["price"]["unit_amount"] for one in pending["subscription_items"]] == [5_000]
    assert 0 < pending["expires_at"] - int(clock.now().timestamp()) <= 23 * 3_600
    assert made["items"]["data"][0]["price"]["unit_amount"] == 5_000
    assert made["pending_update"] is None


def test_error_if_incomplete_answers_402_and_changes_nothing(
    api: CheckedCaller, biller: Biller, customer: Any, subscription: dict[str, Any]
) -> None:
    biller.takes_card(customer, DECLINES)
    dear = priced(api, "5000")

    asked = changed(subscription, dear) | {
        "proration_behavior": "always_invoice",
        "payment_behavior": "error_if_incomplete",
    }
    refused = api.post(f"/v1/subscriptions/{subscription['id']}", urlencode(asked))

    assert refused.status_code == 402
    error = refused.json()["error"]
    assert (error["type"], error["code"]) == ("card_error", "subscription_change_payment_failed")
    kept = api.get(f"/v1/subscriptions/{subscription['id']}").json()
    assert kept["items"]["data"][0]["price"]["unit_amount"] == 1_000


def test_what_can_not_wait_for_a_payment_is_refused_by_name(
    api: CheckedCaller, subscription: dict[str, Any]
) -> None:
    asked = {"payment_behavior": "pending_if_incomplete", "description": "x"}

    refused = api.post(f"/v1/subscriptions/{subscription['id']}", urlencode(asked))

    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "description"


def test_another_interval_previewed_and_committed_to_the_cent(
    api: CheckedCaller, subscription: dict[str, Any]
) -> None:
    yearly = priced(api, "9000", "year")
    details = {
        f"subscription_details[{key.replace('[', '][', 1)}": value
        for key, value in changed(subscription, yearly).items()
    }

    preview = api.post_form("/v1/invoices/create_preview", details, subscription=subscription["id"])
    made = api.post_form(
        f"/v1/subscriptions/{subscription['id']}",
        changed(subscription, yearly),
        preview_token=preview["metadata"]["preview_token"],
    )

    invoice = api.get(f"/v1/invoices/{made['latest_invoice']}").json()
    assert invoice["total"] == preview["total"]
    assert [one["amount"] for one in invoice["lines"]["data"]] == [
        one["amount"] for one in preview["lines"]["data"]
    ]
    assert made["items"]["data"][0]["price"]["recurring"]["interval"] == "year"


def test_the_anchor_moves_to_now(api: CheckedCaller, subscription: dict[str, Any]) -> None:
    preview = api.post_form(
        "/v1/invoices/create_preview",
        {"subscription_details[billing_cycle_anchor]": "now"},
        subscription=subscription["id"],
    )
    moved = api.post_form(f"/v1/subscriptions/{subscription['id']}", billing_cycle_anchor="now")

    assert moved["billing_cycle_anchor"] >= subscription["billing_cycle_anchor"]
    assert moved["latest_invoice"] != subscription["latest_invoice"]
    assert [one["amount"] for one in preview["lines"]["data"]][-1] == 1_000


def test_a_change_at_the_periods_end_is_a_schedule(api: CheckedCaller, subscription: dict[str, Any]) -> None:
    cheap = priced(api, "500")

    kept = api.post_form(
        f"/v1/subscriptions/{subscription['id']}",
        changed(subscription, cheap),
        proration_behavior="at_period_end",
    )

    [schedule] = api.get("/v1/subscription_schedules").json()["data"]
    assert kept["items"]["data"][0]["price"]["unit_amount"] == 1_000
    assert schedule["phases"][1]["items"][0]["price"] == cheap["id"]
    assert schedule["phases"][1]["start_date"] == subscription["items"]["data"][0]["current_period_end"]


def test_a_schedule_begins_a_subscription_later_or_in_the_past(
    api: CheckedCaller, biller: Biller, customer: Any, price: dict[str, Any]
) -> None:
    later_at = int(clock.now().timestamp()) + 86_400 * 40
    phases = {
        "phases[0][items][0][price]": price["id"],
        "phases[0][items][0][quantity]": "2",
        "phases[0][duration][interval]": "month",
        "phases[0][duration][interval_count]": "3",
    }

    planned = api.post_form(
        "/v1/subscription_schedules", phases, customer=customer.public_id, start_date=str(later_at)
    )
    begun = api.post_form(
        "/v1/subscription_schedules",
        phases | {"default_settings[description]": "Tea, backdated"},
        customer=customer.public_id,
        start_date=str(int(clock.now().timestamp()) - 86_400 * 40),
        end_behavior="cancel",
    )
    canceled = api.post_form(f"/v1/subscription_schedules/{planned['id']}/cancel")
    neither = api.post("/v1/subscription_schedules", "end_behavior=cancel")

    assert (planned["status"], planned["subscription"]) == ("not_started", None)
    assert planned["phases"][0]["start_date"] == later_at
    assert begun["status"] == "active"
    sold = api.get(f"/v1/subscriptions/{begun['subscription']}").json()
    assert (sold["description"], sold["status"]) == ("Tea, backdated", "active")
    assert canceled["status"] == "canceled"
    assert neither.json()["error"]["param"] == "customer"
