"""Every resource of billing, created, read, changed and listed: each answer is checked against Stripe's schema."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.billing import Biller
from tests.payments.api.conftest import CheckedCaller

CUSTOMER_CARD = "pm_card_visa"


@pytest.fixture
def price(api: CheckedCaller) -> dict[str, Any]:
    product = api.post_form("/v1/products", name="Tea")
    return api.post_form(
        "/v1/prices",
        {"recurring[interval]": "month"},
        product=product["id"],
        currency="usd",
        unit_amount=1_000,
    )


@pytest.fixture
def subscription(api: CheckedCaller, biller: Biller, price: dict[str, Any]) -> dict[str, Any]:
    customer = biller.customer(CUSTOMER_CARD)
    return api.post_form("/v1/subscriptions", {"items[0][price]": price["id"]}, customer=customer.public_id)


def test_products_and_prices(api: CheckedCaller, price: dict[str, Any]) -> None:
    product_id = price["product"]

    renamed = api.post_form(f"/v1/products/{product_id}", name="Green tea", default_price=price["id"])
    archived = api.post_form(f"/v1/prices/{price['id']}", active="false", lookup_key="tea")
    listed = api.get(f"/v1/prices?product={product_id}&active=false").json()

    assert (renamed["name"], renamed["default_price"]) == ("Green tea", price["id"])
    assert (archived["active"], archived["lookup_key"]) == (False, "tea")
    assert [one["id"] for one in listed["data"]] == [price["id"]]
    assert api.get(f"/v1/products/{product_id}").json() == renamed


def test_a_tiered_price_and_a_metered_one(api: CheckedCaller) -> None:
    product = api.post_form(
        "/v1/products",
        {"default_price_data[currency]": "eur", "default_price_data[unit_amount]": "500"},
        name="Calls",
    )
    meter = api.post_form(
        "/v1/billing/meters",
        {"default_aggregation[formula]": "sum"},
        display_name="Calls",
        event_name="call",
    )

    price = api.post_form(
        "/v1/prices",
        {
            "recurring[interval]": "month",
            "recurring[usage_type]": "metered",
            "recurring[meter]": meter["id"],
            "tiers[0][up_to]": "100",
            "tiers[0][unit_amount]": "5",
            "tiers[1][up_to]": "inf",
            "tiers[1][unit_amount_decimal]": "0.5",
        },
        product=product["id"],
        currency="eur",
        tiers_mode="graduated",
    )

    assert product["default_price"] is not None
    assert (price["billing_scheme"], price["recurring"]["meter"]) == ("tiered", meter["id"])
    stopped = api.post(f"/v1/billing/meters/{meter['id']}/deactivate").json()
    assert stopped["status"] == "inactive"
    assert api.post(f"/v1/billing/meters/{meter['id']}/reactivate").json()["status"] == "active"


def test_a_meter_event_is_counted_once(api: CheckedCaller, biller: Biller) -> None:
    api.post_form(
        "/v1/billing/meters", {"default_aggregation[formula]": "sum"}, display_name="C", event_name="call"
    )
    customer = biller.customer(None)
    payload = {"payload[stripe_customer_id]": customer.public_id, "payload[value]": "7"}

    first = api.post_form("/v1/billing/meter_events", payload, event_name="call", identifier="one")
    again = api.post_form("/v1/billing/meter_events", payload, event_name="call", identifier="one")

    assert first == again
    assert first["payload"]["value"] == "7"


def test_coupons_promotion_codes_and_tax_rates(api: CheckedCaller) -> None:
    coupon = api.post_form("/v1/coupons", id="HALF", percent_off="50", duration="once")
    code = api.post_form(
        "/v1/promotion_codes", {"promotion[type]": "coupon", "promotion[coupon]": "HALF"}, code="spring"
    )
    rate = api.post_form("/v1/tax_rates", display_name="VAT", percentage="19.5", inclusive="false")

    assert (coupon["id"], coupon["percent_off"]) == ("HALF", 50)
    assert (code["code"], code["promotion"]["coupon"]) == ("SPRING", "HALF")
    assert api.post_form(f"/v1/promotion_codes/{code['id']}", active="false")["active"] is False
    assert api.post_form(f"/v1/tax_rates/{rate['id']}", active="false")["active"] is False
    assert api.get("/v1/promotion_codes?code=spring").json()["data"][0]["id"] == code["id"]
    assert api.delete("/v1/coupons/HALF").json()["deleted"] is True
    assert api.get("/v1/coupons/HALF").json()["error"]["code"] == "resource_missing"


def test_a_subscription_with_its_invoice(api: CheckedCaller, subscription: dict[str, Any]) -> None:
    shown = api.get(
        f"/v1/subscriptions/{subscription['id']}?expand[]=latest_invoice&expand[]=customer"
    ).json()

    assert (shown["status"], shown["latest_invoice"]["status"]) == ("active", "paid")
    assert shown["customer"]["object"] == "customer"
    assert shown["latest_invoice"]["amount_paid"] == 1_000
    listed = api.get("/v1/subscriptions?status=active").json()["data"]
    assert [one["id"] for one in listed] == [subscription["id"]]


def test_a_subscription_changes_pauses_and_ends(api: CheckedCaller, subscription: dict[str, Any]) -> None:
    path = f"/v1/subscriptions/{subscription['id']}"
    item = subscription["items"]["data"][0]["id"]

    more = api.post_form(path, {"items[0][id]": item, "items[0][quantity]": "3"})
    paused = api.post_form(path, {"pause_collection[behavior]": "void"})
    resumed = api.post_form(path, pause_collection="", description="ours")
    ending = api.post_form(path, cancel_at_period_end="true")
    ended = api.delete(f"{path}?prorate=true").json()

    assert more["items"]["data"][0]["quantity"] == 3
    assert paused["pause_collection"] == {"behavior": "void", "resumes_at": None}
    assert (resumed["pause_collection"], resumed["description"]) == (None, "ours")
    assert (ending["cancel_at_period_end"], ending["status"]) == (True, "active")
    assert (ended["status"], ended["cancellation_details"]["reason"]) == (
        "canceled",
        "cancellation_requested",
    )
    assert api.delete(path).json()["error"]["code"] == "subscription_unexpected_state"


def test_items_come_change_and_go(
    api: CheckedCaller, subscription: dict[str, Any], price: dict[str, Any]
) -> None:
    other = api.post_form(
        "/v1/prices",
        {"recurring[interval]": "month", "product_data[name]": "Cups"},
        currency="usd",
        unit_amount=300,
    )

    item = api.post_form("/v1/subscription_items", subscription=subscription["id"], price=other["id"])
    changed = api.post_form(f"/v1/subscription_items/{item['id']}", quantity=2)
    listed = api.get(f"/v1/subscription_items?subscription={subscription['id']}").json()
    gone = api.delete(f"/v1/subscription_items/{item['id']}").json()

    assert changed["quantity"] == 2
    assert {one["price"]["id"] for one in listed["data"]} == {price["id"], other["id"]}
    assert gone["deleted"] is True


def test_a_schedule_of_a_change_at_the_periods_end(
    api: CheckedCaller, subscription: dict[str, Any], price: dict[str, Any]
) -> None:
    dearer = api.post_form(
        "/v1/prices",
        {"recurring[interval]": "month"},
        product=price["product"],
        currency="usd",
        unit_amount=2_000,
    )
    schedule = api.post_form("/v1/subscription_schedules", from_subscription=subscription["id"])
    [current] = schedule["phases"]

    planned = api.post_form(
        f"/v1/subscription_schedules/{schedule['id']}",
        {
            "phases[0][items][0][price]": price["id"],
            "phases[0][start_date]": current["start_date"],
            "phases[0][end_date]": current["end_date"],
            "phases[1][items][0][price]": dearer["id"],
        },
    )
    released = api.post(f"/v1/subscription_schedules/{schedule['id']}/release").json()

    assert [phase["items"][0]["price"] for phase in planned["phases"]] == [price["id"], dearer["id"]]
    assert planned["phases"][1]["start_date"] == current["end_date"]
    assert released["status"] == "released"


def test_invoices_by_hand(api: CheckedCaller, biller: Biller) -> None:
    customer = biller.customer().public_id
    invoice = api.post_form("/v1/invoices", customer=customer, description="Hand-made")
    item = api.post_form(
        "/v1/invoiceitems",
        customer=customer,
        amount=700,
        currency="usd",
        invoice=invoice["id"],
        description="Work",
    )
    api.post_form(f"/v1/invoiceitems/{item['id']}", amount=800)

    lines = api.get(f"/v1/invoices/{invoice['id']}/lines").json()
    final = api.post(f"/v1/invoices/{invoice['id']}/finalize").json()
    paid = api.post(f"/v1/invoices/{invoice['id']}/pay").json()

    assert [line["amount"] for line in lines["data"]] == [800]
    assert (final["status"], final["number"], final["amount_due"]) == ("open", "INV-0001", 800)
    assert (paid["status"], paid["amount_paid"]) == ("paid", 800)
    assert (
        api.post(f"/v1/invoices/{invoice['id']}/void").json()["error"]["code"] == "invoice_unexpected_state"
    )


def test_invoices_are_voided_given_up_and_paid_elsewhere(api: CheckedCaller, biller: Biller) -> None:
    customer = biller.customer(None).public_id
    made = []
    for _ in range(3):
        api.post_form("/v1/invoiceitems", customer=customer, amount=500, currency="usd")
        made.append(
            api.post_form(
                "/v1/invoices",
                customer=customer,
                collection_method="send_invoice",
                days_until_due=10,
                pending_invoice_items_behavior="include",
            )["id"]
        )

    sent = [api.post(f"/v1/invoices/{one}/send").json() for one in made]
    void = api.post(f"/v1/invoices/{made[0]}/void").json()
    bad = api.post(f"/v1/invoices/{made[1]}/mark_uncollectible").json()
    elsewhere = api.post_form(f"/v1/invoices/{made[2]}/pay", paid_out_of_band="true")

    assert [one["status"] for one in sent] == ["open"] * 3
    assert (void["status"], bad["status"], elsewhere["status"]) == ("void", "uncollectible", "paid")
    assert biller.shop.ledger("assets/receivables") == 500


def test_a_declined_payment_by_hand_is_a_402(api: CheckedCaller, biller: Biller) -> None:
    customer = biller.customer("pm_card_chargeCustomerFail").public_id
    api.post_form("/v1/invoiceitems", customer=customer, amount=500, currency="usd")
    invoice = api.post_form("/v1/invoices", customer=customer, pending_invoice_items_behavior="include")

    refused = api.post(f"/v1/invoices/{invoice['id']}/pay")

    assert refused.status_code == 402
    assert refused.json()["error"]["code"] == "invoice_payment_failed"
    assert refused.json()["error"]["decline_code"] == "generic_decline"


def test_the_preview_of_a_change_and_of_the_next_invoice(
    api: CheckedCaller, subscription: dict[str, Any]
) -> None:
    item = subscription["items"]["data"][0]["id"]

    upcoming = api.post_form("/v1/invoices/create_preview", subscription=subscription["id"])
    change = api.post_form(
        "/v1/invoices/create_preview",
        {
            "subscription_details[items][0][id]": item,
            "subscription_details[items][0][quantity]": "2",
        },
        subscription=subscription["id"],
    )
    committed = api.post_form(
        f"/v1/subscriptions/{subscription['id']}",
        {"items[0][id]": item, "items[0][quantity]": "2"},
        preview_token=change["metadata"]["preview_token"],
    )

    assert upcoming["amount_due"] == 1_000
    assert sum(line["amount"] for line in change["lines"]["data"]) == change["subtotal"] > 0
    assert committed["items"]["data"][0]["quantity"] == 2


def test_credit_notes(api: CheckedCaller, subscription: dict[str, Any]) -> None:
    invoice = subscription["latest_invoice"]
    line = api.get(f"/v1/invoices/{invoice}/lines").json()["data"][0]["id"]
    lines = {
        "lines[0][type]": "invoice_line_item",
        "lines[0][invoice_line_item]": line,
        "lines[0][amount]": "400",
    }

    preview = api.get(
        f"/v1/credit_notes/preview?invoice={invoice}&refund_amount=400&lines[0][type]=invoice_line_item"
        f"&lines[0][invoice_line_item]={line}&lines[0][amount]=400"
    ).json()
    refunded = api.post_form("/v1/credit_notes", lines, invoice=invoice, refund_amount=400)
    credited = api.post_form("/v1/credit_notes", invoice=invoice, amount=100)
    listed = api.get(f"/v1/credit_notes?invoice={invoice}").json()

    assert (preview["total"], preview["type"]) == (400, "post_payment")
    assert (refunded["number"], refunded["refunds"][0]["amount_refunded"]) == ("CN-0001", 400)
    assert credited["total"] == 100
    assert len(listed["data"]) == 2
    assert api.get(f"/v1/credit_notes/{refunded['id']}/lines").json()["data"][0]["amount"] == 400
    customer = api.get(f"/v1/customers/{subscription['customer']}").json()
    assert (customer["balance"], customer["currency"]) == (-100, "usd")
    assert api.post(f"/v1/credit_notes/{refunded['id']}/void").json()["error"]["code"] == (
        "credit_note_not_voidable"
    )


def test_a_customers_balance(api: CheckedCaller, biller: Biller) -> None:
    path = f"/v1/customers/{biller.customer(None).public_id}/balance_transactions"

    api.post_form(path, amount=-500, currency="usd", description="Sorry")
    second = api.post_form(path, amount=200, currency="usd")

    assert second["ending_balance"] == -300
    assert [one["amount"] for one in api.get(path).json()["data"]] == [200, -500]
    assert api.get(f"{path}/{second['id']}").json() == second
    assert biller.shop.ledger("liabilities/customer_balance") == 300


def test_test_clocks_and_the_customers_on_them(api: CheckedCaller) -> None:
    clock = api.post_form("/v1/test_helpers/test_clocks", frozen_time=1_767_225_600, name="January")

    customer = api.post_form("/v1/customers", name="Ada", test_clock=clock["id"])
    advancing = api.post_form(
        f"/v1/test_helpers/test_clocks/{clock['id']}/advance", frozen_time=1_767_225_600 + 86_400
    )

    assert customer["test_clock"] == clock["id"]
    assert api.get(f"/v1/customers/{customer['id']}").json()["test_clock"] == clock["id"]
    assert (advancing["status"], advancing["status_details"]["advancing"]["target_frozen_time"]) == (
        "advancing",
        1_767_225_600 + 86_400,
    )
    assert api.get("/v1/test_helpers/test_clocks").json()["data"][0]["id"] == clock["id"]


def test_the_same_key_twice_sells_once(api: CheckedCaller, biller: Biller, price: dict[str, Any]) -> None:
    body = f"customer={biller.customer().public_id}&items[0][price]={price['id']}"

    first = api.post("/v1/subscriptions", body, key="sell-1")
    again = api.post("/v1/subscriptions", body, key="sell-1")
    other = api.post("/v1/subscriptions", f"{body}&description=x", key="sell-1")

    assert (first.content, again.headers["Idempotent-Replayed"]) == (again.content, "true")
    assert other.json()["error"]["type"] == "idempotency_error"
    assert biller.shop.psp.charges() == 1


@pytest.mark.parametrize(
    "path", ["products", "prices", "subscriptions", "invoices", "credit_notes", "test_helpers/test_clocks"]
)
def test_an_unknown_parameter_is_refused_by_name(api: CheckedCaller, biller: Biller, path: str) -> None:
    before = biller.footprint()

    error = api.post_form(f"/v1/{path}", surprise="1")["error"]

    assert (error["code"], error["param"]) == ("parameter_unknown", "surprise")
    assert biller.footprint() == before


def test_a_trial_that_ends_now_is_billed_now(
    api: CheckedCaller, biller: Biller, price: dict[str, Any]
) -> None:
    sold = api.post_form(
        "/v1/subscriptions",
        {"items[0][price]": price["id"]},
        customer=biller.customer().public_id,
        trial_period_days=10,
    )

    begun = api.post_form(f"/v1/subscriptions/{sold['id']}", trial_end="now")

    drafts = api.get(f"/v1/invoices?subscription={sold['id']}&status=draft").json()["data"]
    assert (sold["status"], begun["status"]) == ("trialing", "active")
    assert [one["total"] for one in drafts] == [1_000]
