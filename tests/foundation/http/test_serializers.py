"""Parameters are validated one by one, and refused by their full name with Stripe's codes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import ids
from foundation.errors import DomainError
from foundation.http.parsers import parse_form, parse_json
from foundation.http.serializers import (
    AmountField,
    ArrayField,
    BooleanField,
    CountryField,
    CreatedFilterField,
    CurrencyField,
    DecimalField,
    EmailField,
    EnumField,
    InputSerializer,
    IntegerField,
    ListInput,
    MetadataField,
    PublicIdField,
    StringField,
    TimestampField,
    UrlField,
    merge_metadata,
)
from foundation.money import MAX_AMOUNT_MINOR

CUSTOMER = UUID("01939c6e-0000-7000-8000-000000000001")


class CardInput(InputSerializer):
    exp_month = IntegerField(min_value=1, max_value=12)
    brand = EnumField(choices=["visa", "amex"], required=False)


class OrderInput(InputSerializer):
    amount = AmountField(required=False)
    currency = CurrencyField(required=False)
    description = StringField(required=False, allow_null=True, max_length=10)
    capture = BooleanField(required=False)
    card = CardInput(required=False)
    lines = ArrayField(child=CardInput(), required=False, max_length=2)
    tags = ArrayField(child=StringField(max_length=5), required=False, allow_null=True)
    metadata = MetadataField()
    customer = PublicIdField("cus", kind="customer", required=False)
    trial_end = TimestampField(required=False, allow_now=True)
    created = CreatedFilterField(required=False)
    rate = DecimalField(required=False, min_value=0, max_value=100)
    email = EmailField(required=False)
    url = UrlField(required=False)
    country = CountryField(required=False)


class NeedyInput(InputSerializer):
    amount = AmountField()
    card = CardInput()


@pytest.mark.parametrize(
    ("form", "validated"),
    [
        ("amount=1099&currency=USD", {"amount": 1099, "currency": "usd"}),
        (f"amount={MAX_AMOUNT_MINOR}", {"amount": MAX_AMOUNT_MINOR}),
        ("description=", {"description": None}),
        ("capture=false", {"capture": False}),
        ("card[exp_month]=12&card[brand]=visa", {"card": {"exp_month": 12, "brand": "visa"}}),
        ("lines[0][exp_month]=1&lines[1][exp_month]=2", {"lines": [{"exp_month": 1}, {"exp_month": 2}]}),
        ("lines[7][exp_month]=2&lines[3][exp_month]=1", {"lines": [{"exp_month": 1}, {"exp_month": 2}]}),
        ("lines[][exp_month]=1", {"lines": [{"exp_month": 1}]}),
        ("tags=", {"tags": None}),
        ("metadata[a]=b&metadata[c]=", {"metadata": {"a": "b", "c": ""}}),
        ("metadata[0]=b", {"metadata": {"0": "b"}}),
        ("metadata=", {"metadata": None}),
        (f"customer={ids.encode_id('cus', CUSTOMER)}", {"customer": CUSTOMER}),
        ("trial_end=0", {"trial_end": datetime(1970, 1, 1, tzinfo=UTC)}),
        ("rate=19.6", {"rate": Decimal("19.6")}),
        ("email=ada@example.com", {"email": "ada@example.com"}),
        ("url=https://example.com:8443/hook?a=b", {"url": "https://example.com:8443/hook?a=b"}),
        ("country=de", {"country": "DE"}),
        ("", {}),
    ],
)
def test_forms_become_typed_values_and_empty_ones_unset(form: str, validated: dict[str, Any]) -> None:
    assert OrderInput.parse(parse_form(form)) == validated


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ("foo=1", "parameter_unknown", "foo"),
        ("card[exp_month]=1&card[cvc]=1", "parameter_unknown", "card[cvc]"),
        ("lines[0][exp_month]=1&lines[0][x][y]=1", "parameter_unknown", "lines[0][x]"),
        ("amount=", "parameter_invalid_empty", "amount"),
        ("amount=0", "parameter_invalid_integer", "amount"),
        ("amount=-5", "parameter_invalid_integer", "amount"),
        ("amount=1.5", "parameter_invalid_integer", "amount"),
        ("amount=1e3", "parameter_invalid_integer", "amount"),
        ("amount=١٢", "parameter_invalid_integer", "amount"),
        ("amount= 12", "parameter_invalid_integer", "amount"),
        (f"amount={MAX_AMOUNT_MINOR + 1}", "amount_too_large", "amount"),
        ("amount=" + "9" * 30, "parameter_invalid_integer", "amount"),
        ("amount[a]=1", "parameter_invalid_integer", "amount"),
        ("currency=dollars", "currency_invalid", "currency"),
        ("currency=xxq", "currency_invalid", "currency"),
        ("description=12345678901", "parameter_invalid_string", "description"),
        ("description=+++", "parameter_invalid_string_blank", "description"),
        ("description[a]=1", "parameter_invalid_string", "description"),
        ("capture=yes", "parameter_invalid_boolean", "capture"),
        ("capture=1", "parameter_invalid_boolean", "capture"),
        ("card=visa", "parameter_invalid_hash", "card"),
        ("card=", "parameter_invalid_empty", "card"),
        ("card[brand]=visa", "parameter_missing", "card[exp_month]"),
        ("card[exp_month]=13", "parameter_invalid_integer", "card[exp_month]"),
        ("card[exp_month]=1&card[brand]=diners", "parameter_invalid_enum", "card[brand]"),
        ("lines[0][exp_month]=1&lines[1][exp_month]=x", "parameter_invalid_integer", "lines[1][exp_month]"),
        ("lines=x", "parameter_invalid_array", "lines"),
        ("lines[a]=x", "parameter_invalid_array", "lines"),
        (
            "lines[0][exp_month]=1&lines[1][exp_month]=1&lines[2][exp_month]=1",
            "parameter_invalid_array",
            "lines",
        ),
        ("tags[]=abcdef", "parameter_invalid_string", "tags[0]"),
        ("tags[]=", "parameter_invalid_empty", "tags[0]"),
        ("metadata=x", "parameter_invalid_hash", "metadata"),
        ("metadata[a][b]=x", "metadata_invalid", "metadata[a]"),
        ("metadata[" + "k" * 41 + "]=x", "metadata_invalid", "metadata[" + "k" * 41 + "]"),
        ("metadata[a]=" + "v" * 501, "metadata_invalid", "metadata[a]"),
        ("customer=cus_123", "resource_missing", "customer"),
        (f"customer={ids.encode_id('pi', CUSTOMER)}", "resource_missing", "customer"),
        ("trial_end=tomorrow", "parameter_invalid_timestamp", "trial_end"),
        ("trial_end=-1", "parameter_invalid_timestamp", "trial_end"),
        ("trial_end=999999999999", "parameter_invalid_timestamp", "trial_end"),
        ("created[since]=1", "parameter_invalid_enum", "created[since]"),
        ("created[gte]=x", "parameter_invalid_timestamp", "created[gte]"),
        ("rate=101", "parameter_invalid_decimal", "rate"),
        ("rate=NaN", "parameter_invalid_decimal", "rate"),
        ("rate=1e2", "parameter_invalid_decimal", "rate"),
        ("email=ada", "email_invalid", "email"),
        ("url=ftp://example.com", "url_invalid", "url"),
        ("url=https://user:pass@example.com", "url_invalid", "url"),
        ("url=https://exa mple.com", "url_invalid", "url"),
        ("url=https://[::1", "url_invalid", "url"),
        ("url=https://example.com:99999", "url_invalid", "url"),
        ("country=Germany", "country_code_invalid", "country"),
    ],
)
def test_each_wrong_parameter_is_refused_by_code_and_name(form: str, code: str, param: str) -> None:
    with pytest.raises(DomainError) as refusal:
        OrderInput.parse(parse_form(form))

    assert (refusal.value.code, refusal.value.param) == (code, param)


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ('{"amount": true}', "parameter_invalid_integer", "amount"),
        ('{"amount": 10.0}', "parameter_invalid_integer", "amount"),
        ('{"amount": null}', "parameter_invalid_empty", "amount"),
        ('{"description": 5}', "parameter_invalid_string", "description"),
        ('{"metadata": ["a"]}', "parameter_invalid_hash", "metadata"),
        ('{"lines": [1]}', "parameter_invalid_hash", "lines[0]"),
        ('{"lines": [null]}', "parameter_invalid_empty", "lines[0]"),
        ('{"capture": 1}', "parameter_invalid_boolean", "capture"),
        ('{"currency": 5}', "currency_invalid", "currency"),
        ('{"card": {"exp_month": 1, "brand": ["visa"]}}', "parameter_invalid_enum", "card[brand]"),
    ],
)
def test_json_of_another_type_is_refused_and_never_converted(body: str, code: str, param: str) -> None:
    with pytest.raises(DomainError) as refusal:
        OrderInput.parse(parse_json(body))

    assert (refusal.value.code, refusal.value.param) == (code, param)


def test_json_values_are_taken_as_they_are() -> None:
    parameters = parse_json(
        '{"amount": 5, "capture": true, "description": null, "metadata": {"a": 1, "b": null}}'
    )

    validated = OrderInput.parse(parameters)

    assert validated == {"amount": 5, "capture": True, "description": None, "metadata": {"a": "1", "b": ""}}


@pytest.mark.parametrize(
    ("form", "param"),
    [("", "amount"), ("amount=1", "card"), ("amount=1&card[brand]=visa", "card[exp_month]")],
)
def test_a_missing_required_parameter_is_named(form: str, param: str) -> None:
    with pytest.raises(DomainError) as refusal:
        NeedyInput.parse(parse_form(form))

    assert (refusal.value.code, refusal.value.param) == ("parameter_missing", param)


def test_created_filters_by_whole_seconds() -> None:
    at, later = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC), datetime(2026, 11, 20, 12, 0, 1, tzinfo=UTC)
    seconds = int(at.timestamp())

    assert OrderInput.parse({"created": str(seconds)})["created"] == {"gte": at, "lt": later}
    assert OrderInput.parse({"created": {"gte": str(seconds)}})["created"] == {"gte": at}
    assert OrderInput.parse({"created": {"gt": str(seconds)}})["created"] == {"gte": later}
    assert OrderInput.parse({"created": {"lt": str(seconds)}})["created"] == {"lt": at}
    assert OrderInput.parse({"created": {"lte": str(seconds)}})["created"] == {"lt": later}


def test_a_list_has_a_default_limit_and_one_cursor_at_most() -> None:
    assert ListInput.parse({}) == {"limit": 10}
    with pytest.raises(DomainError) as refusal:
        ListInput.parse({"starting_after": "a", "ending_before": "b"})
    assert (refusal.value.code, refusal.value.param) == ("parameters_exclusive", "ending_before")
    for limit in ("0", "101"):
        with pytest.raises(DomainError) as refusal:
            ListInput.parse({"limit": limit})
        assert (refusal.value.code, refusal.value.param) == ("parameter_invalid_integer", "limit")


def test_metadata_is_merged_cleared_and_bounded() -> None:
    present = {"a": "1", "b": "2"}

    assert merge_metadata(present, {"b": "", "c": "3"}) == {"a": "1", "c": "3"}
    assert merge_metadata(present, None) == {}
    assert merge_metadata(present, {}) == present
    with pytest.raises(DomainError) as refusal:
        merge_metadata(present, {f"k{n}": "x" for n in range(49)})
    assert refusal.value.code == "metadata_invalid"


_json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(OrderInput().fields)), _json_values, max_size=6))
def test_no_values_raise_anything_but_a_refusal(parameters: dict[str, Any]) -> None:
    try:
        validated = OrderInput.parse(parameters)
    except DomainError as refusal:
        assert refusal.param
    else:
        assert validated.keys() <= parameters.keys()
