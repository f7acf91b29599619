"""What the state of things forbids: refused with a code, kept under the key, and nothing half done afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.shop import Shop
from tests.payments.api.conftest import CheckedCaller, Named

pytestmark = pytest.mark.django_db

Refuses = Callable[..., dict[str, Any]]

PI = "/v1/payment_intents"
OK = "amount=1000&currency=usd"
STATE = "payment_intent_unexpected_state"

# (path, form, status, code, param)
FORBIDDEN = [
    (PI, f"{OK}&confirm=true", 400, "payment_intent_payment_method_missing", "payment_method"),
    (PI, f"{OK}&off_session=true", 400, "parameter_invalid", "off_session"),
    (PI, f"{OK}&return_url=https://a.example", 400, "parameter_invalid", "return_url"),
    (PI, f"{OK}&customer={{other_cus}}", 404, "resource_missing", "customer"),
    (PI, f"{OK}&customer={{gone}}", 404, "resource_missing", "customer"),
    (PI, f"{OK}&customer={{other_cus}}&payment_method=pm_card_visa", 404, "resource_missing", "customer"),
    (PI, f"{OK}&payment_method={{other_pm}}", 404, "resource_missing", "payment_method"),
    (PI, f"{OK}&payment_method={{cus}}", 404, "resource_missing", "payment_method"),
    (PI, f"{OK}&payment_method=tok_visa", 404, "resource_missing", "payment_method"),
    (PI, f"{OK}&payment_method=pm_card_nobody", 400, "psp_token_unknown", "payment_method"),
    (PI, f"{OK}&payment_method={{hers}}", 400, "payment_method_customer_mismatch", "payment_method"),
    (
        PI,
        f"{OK}&customer={{cus}}&payment_method={{hers}}",
        400,
        "payment_method_customer_mismatch",
        "payment_method",
    ),
    (
        PI,
        "amount=1000&currency=bhd&confirm=true",
        400,
        "payment_intent_payment_method_missing",
        "payment_method",
    ),
    (f"{PI}/{{pi}}/confirm", "", 400, "payment_intent_payment_method_missing", "payment_method"),
    (
        f"{PI}/{{pi}}/confirm",
        "payment_method={hers}",
        400,
        "payment_method_customer_mismatch",
        "payment_method",
    ),
    (f"{PI}/{{paid}}/confirm", "payment_method=pm_card_visa", 400, STATE, None),
    (f"{PI}/{{canceled}}/confirm", "payment_method={pm}", 400, STATE, None),
    (f"{PI}/{{other_pi}}/confirm", "payment_method=pm_card_visa", 404, "resource_missing", "id"),
    (f"{PI}/{{pi}}/capture", "", 400, STATE, None),
    (f"{PI}/{{paid}}/capture", "", 400, STATE, None),
    (
        f"{PI}/{{held}}/capture",
        "amount_to_capture=1001",
        400,
        "amount_to_capture_exceeds_authorized",
        "amount_to_capture",
    ),
    (f"{PI}/{{other_held}}/capture", "", 404, "resource_missing", "id"),
    (f"{PI}/{{paid}}/cancel", "", 400, STATE, None),
    (f"{PI}/{{canceled}}/cancel", "", 400, STATE, None),
    (f"{PI}/{{paid}}", "amount=999", 400, STATE, None),
    (f"{PI}/{{held}}", "currency=eur", 400, STATE, None),
    (f"{PI}/{{held}}", "payment_method=pm_card_visa", 400, STATE, None),
    (f"{PI}/{{pi}}", "customer={other_cus}", 404, "resource_missing", "customer"),
    ("/v1/refunds", "", 400, "parameter_missing", "payment_intent"),
    ("/v1/refunds", "amount=100", 400, "parameter_missing", "payment_intent"),
    ("/v1/refunds", "payment_intent={paid}&charge={ch}", 400, "parameters_exclusive", "charge"),
    ("/v1/refunds", "payment_intent={paid}&amount=1001", 400, "refund_exceeds_captured", "amount"),
    (
        "/v1/refunds",
        "payment_intent={paid}&amount=100&currency=eur",
        400,
        "refund_currency_differs",
        "currency",
    ),
    ("/v1/refunds", "payment_intent={paid}&currency=eur", 400, "refund_currency_differs", "currency"),
    ("/v1/refunds", "payment_intent={refunded}", 400, "charge_already_refunded", None),
    ("/v1/refunds", "payment_intent={pi}", 400, "charge_not_refundable", "payment_intent"),
    ("/v1/refunds", "payment_intent={held}", 400, "charge_not_refundable", "payment_intent"),
    ("/v1/refunds", "charge={heldch}", 400, "charge_not_refundable", "charge"),
    ("/v1/refunds", "payment_intent={other_paid}", 404, "resource_missing", "payment_intent"),
    ("/v1/refunds", "charge={other_ch}", 404, "resource_missing", "charge"),
    ("/v1/refunds/{re}/cancel", "", 400, "refund_not_cancelable", None),
    ("/v1/refunds/{other_re}/cancel", "", 404, "resource_missing", "id"),
    ("/v1/customers", "payment_method={other_pm}", 404, "resource_missing", "payment_method"),
    ("/v1/customers", "payment_method={hers}", 400, "payment_method_already_attached", "payment_method"),
    ("/v1/customers", "payment_method=pm_card_nobody", 400, "psp_token_unknown", "payment_method"),
    ("/v1/customers/{gone}", "name=Ada", 404, "resource_missing", "id"),
    (
        "/v1/customers/{cus}",
        "invoice_settings[default_payment_method]={pm}",
        400,
        "payment_method_not_attached",
        "invoice_settings[default_payment_method]",
    ),
    (
        "/v1/customers/{cus}",
        "invoice_settings[default_payment_method]={hers}",
        400,
        "payment_method_not_attached",
        "invoice_settings[default_payment_method]",
    ),
    ("/v1/payment_methods", "type=card&card[token]=tok_nobody", 400, "psp_token_unknown", "card[token]"),
    (
        "/v1/payment_methods",
        "type=card&card[token]=tok_visa&psp_account={other_psp}",
        404,
        "resource_missing",
        "psp_account",
    ),
    (
        "/v1/payment_methods/{hers}/attach",
        "customer={cus}",
        400,
        "payment_method_already_attached",
        "customer",
    ),
    ("/v1/payment_methods/{pm}/attach", "customer={other_cus}", 404, "resource_missing", "customer"),
    ("/v1/payment_methods/pm_card_visa/attach", "customer={other_cus}", 404, "resource_missing", "customer"),
    ("/v1/payment_methods/{other_pm}/attach", "customer={cus}", 404, "resource_missing", "id"),
    ("/v1/payment_methods/{pm}/detach", "", 400, "payment_method_not_attached", "id"),
    ("/v1/setup_intents/{seti}/confirm", "", 400, "payment_intent_payment_method_missing", "payment_method"),
    ("/v1/setup_intents", "confirm=true", 400, "payment_intent_payment_method_missing", "payment_method"),
    ("/v1/setup_intents", "payment_method={hers}", 400, "payment_method_customer_mismatch", "payment_method"),
    ("/v1/setup_intents/{seti}", "payment_method={other_pm}", 404, "resource_missing", "payment_method"),
]


@pytest.mark.parametrize(("path", "form", "status", "code", "param"), FORBIDDEN)
def test_what_the_state_forbids_is_refused_and_leaves_no_trace(
    path: str, form: str, status: int, code: str, param: str | None, refuses: Refuses
) -> None:
    refusal = refuses("post", path, form, keeps_key=True)

    assert (refusal["status"], refusal["code"], refusal.get("param")) == (status, code, param)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/customers/{other_cus}",
        "/v1/customers/{gone}",
        "/v1/webhook_endpoints/we_nobody",
    ],
)
def test_nothing_is_deleted_that_is_not_there(path: str, refuses: Refuses) -> None:
    refusal = refuses("delete", path, keeps_key=True)

    assert (refusal["status"], refusal["code"], refusal["param"]) == (404, "resource_missing", "id")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/payment_intents/{cus}",
        "/v1/payment_intents/pi_' OR 1=1 --",
        "/v1/payment_intents/pi_%00",
        "/v1/payment_intents/PI_0000000000000000000000",
        f"/v1/payment_intents/pi_{'0' * 3000}",
        "/v1/charges/{pi}",
        "/v1/refunds/{ch}",
        "/v1/customers/%E2%82%AC",
        "/v1/events/{pi}",
        "/v1/balance_transactions/txn_nobody",
        "/v1/customers/{cus}/payment_methods/{pm}",
    ],
)
def test_an_id_that_names_nothing_is_missing(path: str, refuses: Refuses) -> None:
    refusal = refuses("get", path)

    assert (refusal["status"], refusal["code"], refusal["param"]) == (404, "resource_missing", "id")


def test_a_card_that_the_psp_refuses_to_save_makes_no_customer(shop: Shop, api: CheckedCaller) -> None:
    refusal = api.post_form("/v1/customers", payment_method="pm_card_chargeDeclined")["error"]

    assert (refusal["code"], refusal["param"]) == ("payment_method_unusable", "payment_method")
    assert api.get("/v1/customers").json()["data"] == []
    assert shop.events() == []


def test_the_charge_of_a_declined_try_is_not_refunded_from_the_one_that_paid(
    shop: Shop, api: CheckedCaller
) -> None:
    intent = shop.pays(token="pm_card_chargeDeclined")
    declined = shop.attempt(intent).public_id
    paid = api.post_form(f"{PI}/{intent.public_id}/confirm", payment_method="pm_card_visa")

    refusal = api.post_form("/v1/refunds", charge=declined)["error"]

    assert (paid["status"], refusal["code"], refusal["param"]) == (
        "succeeded",
        "charge_not_refundable",
        "charge",
    )
    assert shop.psp.refunds() == 0


@pytest.mark.parametrize("kind", ["payment_intents", "setup_intents"])
def test_an_intent_with_a_customers_card_does_not_pass_to_another_customer(
    kind: str, api: CheckedCaller, named: Named
) -> None:
    card = named["hers"]
    grace = api.get(f"/v1/payment_methods/{card}").json()["customer"]
    amount = {"amount": "1000", "currency": "usd"} if kind == "payment_intents" else {}
    intent = api.post_form(f"/v1/{kind}", amount, customer=grace, payment_method=card)

    refusal = api.post_form(f"/v1/{kind}/{intent['id']}", customer=named["cus"])["error"]

    assert (refusal["code"], refusal["param"]) == ("payment_method_customer_mismatch", "payment_method")
    assert api.get(f"/v1/{kind}/{intent['id']}").json() == intent


def test_an_amount_that_the_psp_has_no_unit_for_is_refused_before_any_money_moves(
    shop: Shop, api: CheckedCaller
) -> None:
    # ISO 4217 counts the ariary in hundredths; Stripe in whole ones.
    answer = api.post(PI, "amount=1050&currency=mga&payment_method=pm_card_visa&confirm=true")

    assert 400 <= answer.status_code < 500
    assert shop.psp.books() == {}
