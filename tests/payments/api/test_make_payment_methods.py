"""POST /v1/payment_methods for what is no card, in Stripe's shapes: made, charged, refused, and never in the clear."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from foundation.events.models import Event
from foundation.jobs.inline import run_due_jobs
from foundation.tenancy.operations import create_api_key
from payments.models import PaymentMethod, PspCall, PspToken
from payments.queries.psp_orders import open_token
from tests.factories.adyen import open_adyen_shop
from tests.factories.later import DAY_SECONDS, look_after
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop
from tests.factories.two_psps import open_second_account
from tests.payments.api.conftest import CheckedCaller

pytestmark = pytest.mark.django_db

PATH = "/v1/payment_methods"
NAMED = {"billing_details[name]": "Ada Lovelace", "billing_details[email]": "ada@example.com"}
IBAN = "DE89370400440532013000"
ACCOUNT = "000123456789"
FORMS: dict[str, dict[str, str]] = {
    "sepa_debit": {"sepa_debit[iban]": "DE89 3704 0044 0532 0130 00", **NAMED},
    "us_bank_account": {
        "us_bank_account[account_number]": ACCOUNT,
        "us_bank_account[routing_number]": "110000000",
        "us_bank_account[account_holder_type]": "individual",
        **NAMED,
    },
    "ideal": {"ideal[bank]": "ing"},
    "upi": {"upi[vpa]": "ada@upi"},
    "klarna": {"billing_details[address][country]": "DE", **NAMED},
}
CURRENCIES = {"us_bank_account": "usd", "upi": "inr"}


def made(api: CheckedCaller, kind: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.post_form(PATH, {"type": kind, **FORMS[kind]}, **more)
    assert answer.get("object") == "payment_method", answer
    return answer


@pytest.mark.parametrize("kind", FORMS)
def test_each_type_is_made_in_stripes_shape_and_found_again(api: CheckedCaller, kind: str) -> None:
    method = made(api, kind)

    assert (method["type"], method["customer"]) == (kind, None)
    assert api.get(f"{PATH}/{method['id']}").json() == method
    assert [row["id"] for row in api.get(f"{PATH}?type={kind}").json()["data"]] == [method["id"]]


def test_an_account_is_shown_by_its_end_only(api: CheckedCaller) -> None:
    debit, account = made(api, "sepa_debit"), made(api, "us_bank_account")

    assert (debit["sepa_debit"]["last4"], debit["sepa_debit"]["country"]) == ("3000", "DE")
    shown = account["us_bank_account"]
    assert (shown["last4"], shown["routing_number"]) == ("6789", "110000000")


@pytest.mark.parametrize("kind", FORMS)
def test_what_was_made_is_charged(api: CheckedCaller, shop: Shop, kind: str) -> None:
    method = made(api, kind)

    intent = api.post_form(
        "/v1/payment_intents",
        amount=10_00,
        currency=CURRENCIES.get(kind, "eur"),
        payment_method=method["id"],
        confirm="true",
        return_url="https://shop.example.com/done",
    )

    wanted = "processing" if kind in ("sepa_debit", "us_bank_account") else "requires_action"
    assert intent["status"] == wanted


def test_no_account_number_rests_anywhere_in_the_clear(api: CheckedCaller, shop: Shop) -> None:
    made(api, "sepa_debit")
    made(api, "us_bank_account")
    run_due_jobs()

    tables = [model._meta.db_table for model in (PaymentMethod, PspToken, PspCall, Event)]
    with connection.cursor() as cursor:
        for table in (*tables, "foundation_auditevent", "foundation_idempotencykey", "foundation_job"):
            cursor.execute(
                f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s OR t::text LIKE %s",
                [f"%{IBAN}%", f"%{ACCOUNT}%"],
            )
            assert cursor.fetchone() == (0,), table


def test_at_adyen_the_account_is_sealed_in_the_token_and_charged(psp: ScriptedPsp, db: None) -> None:
    shop = open_adyen_shop(psp)
    api = CheckedCaller(create_api_key(merchant_id=shop.id).secret)

    method = made(api, "sepa_debit")

    row = PspToken.objects.for_merchant(shop.id).get()
    assert IBAN in open_token(row)
    assert IBAN not in row.token_encrypted
    assert method["sepa_debit"]["last4"] == "3000"
    intent = api.post_form(
        "/v1/payment_intents", amount=10_00, currency="eur", payment_method=method["id"], confirm="true"
    )
    assert intent["status"] == "processing"


def test_the_same_key_makes_it_once(api: CheckedCaller, shop: Shop) -> None:
    body = f"type=sepa_debit&sepa_debit[iban]={IBAN}&billing_details[name]=A&billing_details[email]=a@example.com"

    first, second = api.post(PATH, body, key="once"), api.post(PATH, body, key="once")

    assert first.content == second.content
    assert PaymentMethod.objects.for_merchant(shop.id).count() == 1
    assert PspCall.objects.for_merchant(shop.id).count() == 1


def test_a_psp_that_is_away_leaves_it_to_the_next_account(api: CheckedCaller, shop: Shop) -> None:
    two = open_second_account(shop)
    shop.psp.fails("error_before_booking", operation="payment_method", times=3)

    made(api, "ideal")

    assert PspToken.objects.for_merchant(shop.id).get().psp_account_id == two.second.id


def test_when_no_psp_answers_nothing_is_made(api: CheckedCaller, shop: Shop) -> None:
    shop.psp.fails("error_before_booking", operation="payment_method", times=3)

    answer = api.post_form(PATH, {"type": "ideal"})

    assert answer["error"]["code"] == "psp_unavailable"
    assert PaymentMethod.objects.for_merchant(shop.id).count() == 0


# (form, code, param)
REFUSED = [
    ({"type": "wire"}, "parameter_invalid_enum", "type"),
    ({"type": "sepa_debit", **NAMED}, "parameter_missing", "sepa_debit"),
    (
        {"type": "sepa_debit", "sepa_debit[iban]": "DE89370400440532013001", **NAMED},
        "invalid_bank_account_iban",
        "sepa_debit[iban]",
    ),
    (
        {"type": "sepa_debit", "sepa_debit[iban]": "4242", **NAMED},
        "invalid_bank_account_iban",
        "sepa_debit[iban]",
    ),
    ({"type": "sepa_debit", "sepa_debit[iban]": IBAN}, "parameter_missing", "billing_details[name]"),
    (
        {"type": "sepa_debit", "sepa_debit[iban]": IBAN, "billing_details[name]": "A"},
        "parameter_missing",
        "billing_details[email]",
    ),
    ({"type": "sepa_debit", "sepa_debit[bic]": "X", **NAMED}, "parameter_unknown", "sepa_debit[bic]"),
    (
        {"type": "us_bank_account", "us_bank_account[account_number]": ACCOUNT, **NAMED},
        "parameter_missing",
        "us_bank_account[routing_number]",
    ),
    (
        {
            "type": "us_bank_account",
            **FORMS["us_bank_account"],
            "us_bank_account[routing_number]": "110000001",
        },
        "routing_number_invalid",
        "us_bank_account[routing_number]",
    ),
    (
        {"type": "us_bank_account", **FORMS["us_bank_account"], "us_bank_account[account_number]": "12"},
        "account_number_invalid",
        "us_bank_account[account_number]",
    ),
    (
        {
            "type": "us_bank_account",
            **FORMS["us_bank_account"],
            "us_bank_account[account_holder_type]": "cat",
        },
        "parameter_invalid_enum",
        "us_bank_account[account_holder_type]",
    ),
    ({"type": "ideal", "ideal[bank]": "sparkasse"}, "parameter_invalid_enum", "ideal[bank]"),
    ({"type": "klarna", **NAMED}, "parameter_missing", "billing_details[address][country]"),
    (
        {"type": "klarna", **FORMS["klarna"], "klarna[dob][day]": "40"},
        "parameter_invalid_integer",
        "klarna[dob][day]",
    ),
    ({"type": "ideal", "card[token]": "tok_visa"}, "parameters_exclusive", "card"),
    ({"type": "card"}, "parameter_missing", "card"),
    (
        {"type": "sepa_debit", "sepa_debit[token]": "pm_sepaDebit_success", "sepa_debit[iban]": IBAN},
        "parameters_exclusive",
        "sepa_debit[iban]",
    ),
    ({"type": "upi", "upi[token]": "pm_ideal_success"}, "psp_token_unknown", "type"),
]


@pytest.mark.parametrize(("form", "code", "param"), REFUSED)
def test_what_is_wrong_is_refused_by_name_and_leaves_nothing(
    api: CheckedCaller, shop: Shop, form: dict[str, str], code: str, param: str
) -> None:
    before = shop.footprint()

    error = api.post_form(PATH, form)["error"]

    assert (error["code"], error["param"]) == (code, param)
    assert shop.footprint() == before


def test_a_card_number_among_the_fields_of_an_account_is_refused(api: CheckedCaller, shop: Shop) -> None:
    form = {"type": "us_bank_account", **FORMS["us_bank_account"]}

    error = api.post_form(PATH, form | {"us_bank_account[account_number]": "4242424242424242"})["error"]

    assert error["code"] == "pan_refused"
    assert PaymentMethod.objects.for_merchant(shop.id).count() == 0


def test_an_account_that_fails_at_the_bank_fails_days_later(api: CheckedCaller, shop: Shop) -> None:
    method = api.post_form(
        PATH, {"type": "sepa_debit", "sepa_debit[iban]": "DE62370400440532013001", **NAMED}
    )
    intent = api.post_form(
        "/v1/payment_intents", amount=10_00, currency="eur", payment_method=method["id"], confirm="true"
    )
    assert intent["status"] == "processing"

    shop.psp.time_passes(seconds=5 * DAY_SECONDS)
    look_after(5 * DAY_SECONDS)

    assert api.get(f"/v1/payment_intents/{intent['id']}").json()["status"] == "requires_payment_method"


def test_a_type_that_no_account_takes_is_refused(api: CheckedCaller, shop: Shop) -> None:
    shop.account.payment_method_types = ["card"]
    shop.account.save(update_fields=["payment_method_types"])

    error = api.post_form(PATH, {"type": "ideal"})["error"]

    assert error["code"] == "psp_not_configured"
