"""Bad parameters: each is refused with its code and the parameter's name, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.django_db

Refuses = Callable[..., dict[str, Any]]

PI = "/v1/payment_intents"
OK = "amount=1000&currency=usd"

# (path, form, code, param)
INTENTS = [
    (PI, "currency=usd", "parameter_missing", "amount"),
    (PI, "amount=1000", "parameter_missing", "currency"),
    (PI, "amount=-1&currency=usd", "parameter_invalid_integer", "amount"),
    (PI, "amount=0&currency=usd", "parameter_invalid_integer", "amount"),
    (PI, "amount=&currency=usd", "parameter_invalid_empty", "amount"),
    (PI, "amount=ten&currency=usd", "parameter_invalid_integer", "amount"),
    (PI, "amount=1e3&currency=usd", "parameter_invalid_integer", "amount"),
    (PI, "amount=0x10&currency=usd", "parameter_invalid_integer", "amount"),
    (PI, "amount=1_000&currency=usd", "parameter_invalid_integer", "amount"),
    (PI, "amount=%2B1000&currency=usd", "parameter_invalid_integer", "amount"),
    (PI, "amount=%201000&currency=usd", "parameter_invalid_integer", "amount"),
    (PI, "amount=%EF%BC%91%EF%BC%90&currency=usd", "parameter_invalid_integer", "amount"),
    (PI, "amount[]=1000&currency=usd", "parameter_invalid_integer", "amount"),
    (PI, "amount=1000000000000&currency=usd", "amount_too_large", "amount"),
    (PI, f"amount={'9' * 19}&currency=usd", "amount_too_large", "amount"),
    (PI, f"amount={'9' * 400}&currency=usd", "parameter_invalid_integer", "amount"),
    # Currencies without decimals: whole units are the minor ones, and a point is never right.
    (PI, "amount=10.50&currency=jpy", "parameter_invalid_integer", "amount"),
    (PI, "amount=10.00&currency=usd", "parameter_invalid_integer", "amount"),
    (PI, "amount=1000&currency=xyz", "currency_invalid", "currency"),
    (PI, "amount=1000&currency=us", "currency_invalid", "currency"),
    (PI, "amount=1000&currency=xau", "currency_invalid", "currency"),
    (PI, "amount=1000&currency=$", "currency_invalid", "currency"),
    (PI, "amount=1000&currency[]=usd", "currency_invalid", "currency"),
    (PI, f"{OK}&nmae=Ada", "parameter_unknown", "nmae"),
    (PI, f"{OK}&shipping[name]=A&shipping[adress][city]=B", "parameter_unknown", "shipping[adress]"),
    (PI, f"{OK}&shipping=Ada", "parameter_invalid_hash", "shipping"),
    (PI, f"{OK}&shipping[name]=A&shipping[address]=B", "parameter_invalid_hash", "shipping[address]"),
    (PI, f"{OK}&metadata=x", "parameter_invalid_hash", "metadata"),
    (PI, f"{OK}&metadata[a][b]=c", "metadata_invalid", "metadata[a]"),
    (PI, f"{OK}&metadata[a]={'x' * 501}", "metadata_invalid", "metadata[a]"),
    (PI, f"{OK}&metadata[{'k' * 41}]=x", "metadata_invalid", f"metadata[{'k' * 41}]"),
    (PI, f"{OK}&payment_method_types=card", "parameter_invalid_array", "payment_method_types"),
    (PI, f"{OK}&payment_method_types[0]=cheque", "parameter_invalid_enum", "payment_method_types[0]"),
    (PI, f"{OK}&confirm=yes", "parameter_invalid_boolean", "confirm"),
    (PI, f"{OK}&confirm=1", "parameter_invalid_boolean", "confirm"),
    (PI, f"{OK}&capture_method=later", "parameter_invalid_enum", "capture_method"),
    (PI, f"{OK}&setup_future_usage=always", "parameter_invalid_enum", "setup_future_usage"),
    (PI, f"{OK}&receipt_email=nobody", "email_invalid", "receipt_email"),
    (PI, f"{OK}&statement_descriptor={'x' * 23}", "parameter_invalid_string", "statement_descriptor"),
    (PI, f"{OK}&description={'x' * 1001}", "parameter_invalid_string", "description"),
    (PI, f"{OK}&return_url=javascript:alert(1)", "url_invalid", "return_url"),
    (PI, f"{OK}&expand[]=nothing", "parameter_invalid", "expand"),
    (PI, f"{OK}&expand[]=a.b.c.d.e", "parameter_invalid", "expand"),
    (PI, f"{OK}&customer=cus_nobody", "resource_missing", "customer"),
    (PI, f"{OK}&customer={{pi}}", "resource_missing", "customer"),
    (f"{PI}/{{held}}/capture", "amount_to_capture=0", "parameter_invalid_integer", "amount_to_capture"),
    (f"{PI}/{{held}}/capture", "amount_to_capture=-5", "parameter_invalid_integer", "amount_to_capture"),
    (f"{PI}/{{held}}/capture", "amount=5", "parameter_unknown", "amount"),
    (f"{PI}/{{pi}}", "amount=0", "parameter_invalid_integer", "amount"),
    (f"{PI}/{{pi}}", "currency=zzz", "currency_invalid", "currency"),
    (f"{PI}/{{pi}}", "status=succeeded", "parameter_unknown", "status"),
    (f"{PI}/{{pi}}/cancel", "cancellation_reason=bored", "parameter_invalid_enum", "cancellation_reason"),
]
OTHERS = [
    ("/v1/refunds", "payment_intent={paid}&amount=0", "parameter_invalid_integer", "amount"),
    ("/v1/refunds", "payment_intent={paid}&amount=-1", "parameter_invalid_integer", "amount"),
    ("/v1/refunds", "payment_intent={paid}&currency=zzz", "currency_invalid", "currency"),
    ("/v1/refunds", "payment_intent={paid}&reason=bored", "parameter_invalid_enum", "reason"),
    (
        "/v1/refunds",
        "payment_intent={paid}&refund_application_fee=true",
        "parameter_unknown",
        "refund_application_fee",
    ),
    ("/v1/refunds", "charge={paid}", "resource_missing", "charge"),
    ("/v1/refunds/{re}", "amount=5", "parameter_unknown", "amount"),
    ("/v1/customers", "email=nobody", "email_invalid", "email"),
    ("/v1/customers", "name=%20%20", "parameter_invalid_string_blank", "name"),
    ("/v1/customers", "address[country]=Austria", "country_code_invalid", "address[country]"),
    ("/v1/customers", "tax_exempt=maybe", "parameter_invalid_enum", "tax_exempt"),
    ("/v1/customers", "preferred_locales=en", "parameter_invalid_array", "preferred_locales"),
    ("/v1/customers", "balance=-100", "parameter_unknown", "balance"),
    ("/v1/customers", "source=tok_visa", "parameter_unknown", "source"),
    ("/v1/customers/{cus}", "metadata[a]=1&metadata[a]=2", "parameter_duplicate", "metadata[a]"),
    ("/v1/payment_methods", "card[token]=tok_visa", "parameter_missing", "type"),
    ("/v1/payment_methods", "type=card", "parameter_missing", "card"),
    ("/v1/payment_methods", "type=card&card[cvc]=123&card[token]=tok_visa", "parameter_unknown", "card[cvc]"),
    ("/v1/payment_methods", "type=sepa_debit&card[token]=tok_visa", "parameters_exclusive", "card"),
    ("/v1/payment_methods/{pm}/attach", "", "parameter_missing", "customer"),
    ("/v1/payment_methods/{pm}", "card[exp_year]=2030", "parameter_unknown", "card"),
    ("/v1/setup_intents", "usage=sometimes", "parameter_invalid_enum", "usage"),
    ("/v1/setup_intents", "amount=100", "parameter_unknown", "amount"),
    ("/v1/setup_intents/{seti}", "customer=cus_nobody", "resource_missing", "customer"),
]
LISTS = [
    (PI, "limit=0", "parameter_invalid_integer", "limit"),
    (PI, "limit=101", "parameter_invalid_integer", "limit"),
    (PI, "limit=many", "parameter_invalid_integer", "limit"),
    (PI, "starting_after=pi_nobody", "resource_missing", "starting_after"),
    (PI, "starting_after={other_pi}", "resource_missing", "starting_after"),
    (PI, "ending_before={cus}", "resource_missing", "ending_before"),
    (PI, "starting_after={pi}&ending_before={ready}", "parameters_exclusive", "ending_before"),
    (PI, "created=yesterday", "parameter_invalid_timestamp", "created"),
    (PI, "created[gte]=-1", "parameter_invalid_timestamp", "created[gte]"),
    (PI, "created[since]=1", "parameter_invalid_enum", "created[since]"),
    (PI, "status=succeeded", "parameter_unknown", "status"),
    (PI, "expand[]=customer", "parameter_invalid", "expand"),
    ("/v1/customers", "email=nobody", "email_invalid", "email"),
    ("/v1/balance_transactions", "type=transfer", "parameter_invalid_enum", "type"),
    ("/v1/payouts", "status=sent", "parameter_invalid_enum", "status"),
    ("/v1/payouts", "destination=ba_1", "parameter_unknown", "destination"),
    ("/v1/payment_methods", "type=cheque", "parameter_invalid_enum", "type"),
    ("/v1/events", "type=a&types[]=b", "parameters_exclusive", "types"),
    ("/v1/charges", "limit=10&limit=20", "parameter_duplicate", "limit"),
    (f"{PI}/{{pi}}", "limit=3", "parameter_unknown", "limit"),
    ("/v1/balance", "currency=usd", "parameter_unknown", "currency"),
]
PANS = [
    (PI, f"{OK}&description={{pan}}"),
    (PI, f"{OK}&metadata[card]=4242%204242%204242%204242"),
    (PI, f"{OK}&metadata[{{pan}}]=card"),
    (PI, f"{OK}&payment_method={{pan}}"),
    (PI, "amount={pan}&currency=usd"),
    ("/v1/customers", "name=Ada+4242-4242-4242-4242"),
    ("/v1/customers", "{pan}=1"),
    ("/v1/payment_methods", "type=card&card[token]={pan}"),
    ("/v1/payment_methods", "type=card&card[number]=5555555555554444"),
    ("/v1/customers?description={pan}", ""),
]


@pytest.mark.parametrize(("path", "form", "code", "param"), [*INTENTS, *OTHERS])
def test_a_bad_parameter_is_refused_by_name_and_leaves_no_trace(
    path: str, form: str, code: str, param: str, refuses: Refuses
) -> None:
    refusal = refuses("post", path, form)

    assert (refusal["code"], refusal["param"]) == (code, param)
    assert refusal["status"] == (404 if code == "resource_missing" else 400)


@pytest.mark.parametrize(("path", "query", "code", "param"), LISTS)
def test_a_bad_filter_is_refused_by_name(
    path: str, query: str, code: str, param: str, refuses: Refuses
) -> None:
    refusal = refuses("get", f"{path}?{query}")

    assert (refusal["code"], refusal["param"]) == (code, param)
    assert refusal["status"] == (404 if code == "resource_missing" else 400)


@pytest.mark.parametrize(("path", "form"), PANS)
def test_a_card_number_anywhere_is_refused_and_appears_nowhere(
    path: str, form: str, refuses: Refuses
) -> None:
    refusal = refuses("post", path, form)

    assert (refusal["status"], refusal["code"]) == (400, "pan_refused")
    assert "4242" not in str(refusal)
