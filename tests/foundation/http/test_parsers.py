"""From bytes to parameters: what clients send, and what nobody should."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import DomainError
from foundation.http.parsers import FORM, JSON, merge, parse_body, parse_form, parse_json, parse_query


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("amount=100&currency=usd", {"amount": "100", "currency": "usd"}),
        ("card[exp_month]=3&card[exp_year]=2030", {"card": {"exp_month": "3", "exp_year": "2030"}}),
        ("a[b][c][d]=1", {"a": {"b": {"c": {"d": "1"}}}}),
        ("expand[]=customer&expand[]=charge", {"expand": ["customer", "charge"]}),
        ("expand[0]=customer&expand[1]=charge", {"expand": ["customer", "charge"]}),
        ("expand[1]=charge&expand[0]=customer", {"expand": ["customer", "charge"]}),
        ("items[0][price]=p1&items[1][price]=p2", {"items": [{"price": "p1"}, {"price": "p2"}]}),
        (
            "items[][price]=p1&items[][quantity]=2&items[][price]=p2",
            {"items": [{"price": "p1", "quantity": "2"}, {"price": "p2"}]},
        ),
        ("metadata[6735]=x", {"metadata": {"6735": "x"}}),
        ("description=", {"description": ""}),
        ("description", {"description": ""}),
        ("description=a+b%20c", {"description": "a b c"}),
        ("name=Zo%C3%AB", {"name": "Zoë"}),
        ("created%5Bgte%5D=5", {"created": {"gte": "5"}}),
        ("a=1&&b=2&", {"a": "1", "b": "2"}),
        ("a=1=2", {"a": "1=2"}),
        ("", {}),
    ],
)
def test_forms_with_brackets_become_nested_parameters(text: str, parameters: dict[str, Any]) -> None:
    assert parse_form(text) == parameters


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a=1&a=2", "parameter_duplicate"),
        ("a[b]=1&a[b]=2", "parameter_duplicate"),
        ("a=1&a[b]=2", "parameter_invalid"),
        ("a[b]=1&a=2", "parameter_duplicate"),
        ("a[]=1&a[b]=2", "parameter_invalid"),
        ("a[b]=2&a[]=1", "parameter_invalid"),
        ("a[][]=1", "parameter_invalid"),
        ("a[b=1", "parameter_invalid"),
        ("a]b[=1", "parameter_invalid"),
        ("[a]=1", "parameter_invalid"),
        ("=1", "parameter_invalid"),
        ("a[b]c=1", "parameter_invalid"),
        ("a" + "[b]" * 8 + "=1", "request_too_complex"),
        ("&".join(f"a{n}=1" for n in range(1001)), "request_too_complex"),
        ("a" * 501 + "=1", "request_too_complex"),
        ("a=%00", "request_body_malformed"),
        ("a%00=1", "request_body_malformed"),
        ("a=%ff", "request_body_malformed"),
        ("a=%ED%A0%80", "request_body_malformed"),
    ],
)
def test_forms_that_make_no_sense_are_refused_by_code(text: str, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        parse_form(text)

    assert refusal.value.code == code


def test_the_deepest_and_widest_form_that_is_accepted() -> None:
    assert parse_form("a" + "[b]" * 7 + "=1") != {}
    assert len(parse_form("&".join(f"a{n}=1" for n in range(1000)))) == 1000


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "request_body_malformed"),
        ("[1]", "request_body_malformed"),
        ("null", "request_body_malformed"),
        ('{"a": NaN}', "request_body_malformed"),
        ('{"a": Infinity}', "request_body_malformed"),
        ('{"a": 1e999999999}', "request_body_malformed"),
        ('{"a": ' + "9" * 5000 + "}", "request_body_malformed"),
        ('{"a": "\\u0000"}', "request_body_malformed"),
        ('{"a": "\\ud800"}', "request_body_malformed"),
        ('{"\\ud800": 1}', "request_body_malformed"),
        ('{"a": 1, "a": 2}', "parameter_duplicate"),
        ('{"a": {"b": 1, "b": 2}}', "parameter_duplicate"),
        ("[" * 100_000, "request_body_malformed"),
        ('{"a":' * 9 + "1" + "}" * 9, "request_too_complex"),
        (json.dumps({"a": list(range(1001))}), "request_too_complex"),
        (json.dumps({f"a{n}": n for n in range(1001)}), "request_too_complex"),
    ],
)
def test_json_that_makes_no_sense_is_refused_by_code(text: str, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        parse_json(text)

    assert refusal.value.code == code


def test_a_json_fraction_becomes_an_exact_decimal() -> None:
    assert parse_json('{"rate": 19.6}') == {"rate": Decimal("19.6")}


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("text/plain", b"a=1", "content_type_unsupported"),
        ("", b"a=1", "content_type_unsupported"),
        ("application/json; charset=latin-1", b"{}", "content_type_unsupported"),
        (JSON, b"\xff", "request_body_malformed"),
        (FORM, b"a=\xff", "request_body_malformed"),
    ],
)
def test_bodies_in_other_types_and_encodings_are_refused(content_type: str, body: bytes, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        parse_body(content_type, body)

    assert refusal.value.code == code


def test_an_empty_body_has_no_parameters_whatever_its_type() -> None:
    assert parse_body("text/plain", b"") == {}


def test_a_content_type_with_charset_and_capitals_is_understood() -> None:
    assert parse_body('Application/JSON; Charset="UTF-8"', b'{"a": 1}') == {"a": 1}


def test_raw_utf8_in_a_query_string_is_read_as_utf8() -> None:
    assert parse_query("name=Zoë".encode().decode("latin-1")) == {"name": "Zoë"}


def test_a_parameter_in_url_and_body_is_refused() -> None:
    with pytest.raises(DomainError) as refusal:
        merge({"a": "1"}, {"a": "2"})

    assert (refusal.value.code, refusal.value.param) == ("parameter_duplicate", "a")


@pytest.mark.parametrize(
    "body",
    [
        (FORM, b"description=4242424242424242"),
        (FORM, b"description=my+card+4242+4242+4242+4242+please"),
        (FORM, b"metadata[4242424242424242]=x"),
        (FORM, b"a[b][c]=4242-4242-4242-4242"),
        (JSON, b'{"a": {"b": ["5555 5555 5555 4444"]}}'),
        (JSON, b'{"a": 4242424242424242}'),
        (JSON, b'{"378282246310005": 1}'),
    ],
)
def test_a_card_number_anywhere_is_refused(body: tuple[str, bytes]) -> None:
    with pytest.raises(DomainError) as refusal:
        parse_body(*body)

    assert refusal.value.code == "pan_refused"
    assert "4242" not in refusal.value.text


@given(st.binary(max_size=400), st.sampled_from([FORM, JSON, "text/plain", ""]))
def test_no_bytes_raise_anything_but_a_refusal(body: bytes, content_type: str) -> None:
    try:
        parameters = parse_body(content_type, body)
    except DomainError:
        return
    assert isinstance(parameters, dict)


_bracketed = st.text(alphabet="ab01[]=&%+ \x00é4", max_size=60)


@given(_bracketed)
def test_no_arrangement_of_brackets_raises_anything_but_a_refusal(text: str) -> None:
    try:
        parameters = parse_body(FORM, text.encode())
    except DomainError:
        return
    assert all(isinstance(name, str) for name in parameters)


_names = st.text(alphabet="abcdefgh_", min_size=1, max_size=8)
_values = st.text(alphabet="xyz 0é&=+%[]", max_size=12)
_trees = st.recursive(
    _values,
    lambda inner: (
        st.dictionaries(_names, inner, min_size=1, max_size=3) | st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)


def _encode(name: str, value: Any) -> list[str]:
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in _encode(f"{name}[{key}]", inner)]
    if isinstance(value, list):
        return [pair for index, inner in enumerate(value) for pair in _encode(f"{name}[{index}]", inner)]
    return [f"{quote(name)}={quote(value)}"]


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


@given(st.dictionaries(_names, _trees, min_size=1, max_size=4).filter(lambda tree: _depth(tree) <= 8))
def test_what_a_client_library_encodes_comes_back_the_same(tree: dict[str, Any]) -> None:
    text = "&".join(pair for name, value in tree.items() for pair in _encode(name, value))

    assert parse_form(text) == tree
