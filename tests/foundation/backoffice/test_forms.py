"""Amounts as people write them, and the one-time key."""

from __future__ import annotations

import pytest
from django import forms

from foundation.backoffice.forms import ActionForm, MajorUnitsField, plain_amount
from foundation.money import Money


@pytest.mark.parametrize(
    ("currency", "written", "minor"),
    [
        ("usd", "12.50", 1_250),
        ("usd", "12", 1_200),
        ("usd", " 0.01 ", 1),
        ("usd", "1,234.50", 123_450),
        ("jpy", "5000", 5_000),
        ("kwd", "1.234", 1_234),
    ],
)
def test_an_amount_is_read_in_its_currencys_own_decimals(currency: str, written: str, minor: int) -> None:
    assert MajorUnitsField(currency=currency).clean(written) == Money(minor, currency)


@pytest.mark.parametrize(
    ("currency", "written"),
    [
        ("usd", "12.505"),
        ("jpy", "12.5"),
        ("usd", "0"),
        ("usd", "-3"),
        ("usd", "1e400"),
        ("usd", "NaN"),
        ("usd", "12,5"),
        ("usd", ""),
    ],
)
def test_what_is_no_amount_of_the_currency_is_refused(currency: str, written: str) -> None:
    with pytest.raises(forms.ValidationError):
        MajorUnitsField(currency=currency).clean(written)


def test_an_amount_is_shown_as_it_is_typed() -> None:
    assert plain_amount(Money(123_450, "usd")) == "1234.50"
    assert plain_amount(Money(5_000, "jpy")) == "5000"


def test_every_form_has_a_key_of_its_own() -> None:
    first, second = ActionForm(), ActionForm()

    assert first["form_key"].value() != second["form_key"].value()


def test_a_form_without_its_key_is_refused() -> None:
    assert ActionForm({}).errors == {"form_key": ["This field is required."]}
