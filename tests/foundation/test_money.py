"""Money: whole minor units with a currency, exact arithmetic, named roundings."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.money import (
    DOWN,
    HALF_EVEN,
    HALF_UP,
    CurrencyMismatch,
    CurrencyUnknown,
    Money,
    Rounding,
    exponent_of,
    round_fraction,
)

AMOUNTS = st.integers(min_value=-(10**12), max_value=10**12)
FRACTIONS = st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10**6)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=20).filter(any)


@pytest.mark.parametrize(("currency", "digits"), [("jpy", 0), ("usd", 2), ("eur", 2), ("kwd", 3), ("clf", 4)])
def test_exponents_are_those_of_iso_4217(currency: str, digits: int) -> None:
    assert exponent_of(currency) == digits
    assert exponent_of(currency.upper()) == digits


@pytest.mark.parametrize("code", ["", "us", "usdx", "zzz", "xau", "$"])
def test_a_code_without_minor_units_is_no_currency(code: str) -> None:
    with pytest.raises(CurrencyUnknown):
        Money(100, code)


@pytest.mark.parametrize("amount", [1.0, "1", None, True, Fraction(1)])
def test_an_amount_that_is_no_integer_is_refused(amount: object) -> None:
    with pytest.raises(TypeError):
        Money(amount, "usd")  # type: ignore[arg-type]


def test_a_currency_is_kept_in_lower_case_and_counts_for_equality() -> None:
    assert Money(5, "USD") == Money(5, "usd")
    assert Money(5, "usd") != Money(5, "eur")
    assert len({Money(5, "USD"), Money(5, "usd")}) == 1


def test_money_cannot_be_changed() -> None:
    price = Money(100, "usd")

    with pytest.raises(AttributeError):
        price.amount_minor = 1  # type: ignore[misc]


def test_two_currencies_never_meet() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "usd") + Money(1, "eur")
    with pytest.raises(CurrencyMismatch):
        Money(1, "usd") - Money(1, "eur")
    with pytest.raises(CurrencyMismatch):
        assert Money(1, "usd") < Money(1, "eur")


def test_money_meets_no_bare_number() -> None:
    with pytest.raises(TypeError):
        Money(1, "usd") + 1  # type: ignore[operator]
    with pytest.raises(TypeError):
        assert Money(1, "usd") >= 0  # type: ignore[operator]


@pytest.mark.parametrize(
    ("value", "half_even", "half_up", "down"),
    [
        (Fraction(5, 2), 2, 3, 2),
        (Fraction(7, 2), 4, 4, 3),
        (Fraction(-5, 2), -2, -3, -2),
        (Fraction(-7, 2), -4, -4, -3),
        (Fraction(12, 5), 2, 2, 2),
        (Fraction(13, 5), 3, 3, 2),
        (Fraction(-13, 5), -3, -3, -2),
        (Fraction(0), 0, 0, 0),
    ],
)
def test_each_rounding_goes_where_its_name_says(
    value: Fraction, half_even: int, half_up: int, down: int
) -> None:
    assert round_fraction(value, HALF_EVEN) == half_even
    assert round_fraction(value, HALF_UP) == half_up
    assert round_fraction(value, DOWN) == down


def test_a_share_is_rounded_once_by_its_named_rule() -> None:
    assert Money(1000, "usd").share(rate_bps=290, rounding=HALF_EVEN) == Money(29, "usd")
    assert Money(50, "usd").share(rate_bps=100, rounding=HALF_EVEN) == Money(0, "usd")
    assert Money(50, "usd").share(rate_bps=100, rounding=HALF_UP) == Money(1, "usd")


def test_an_allocation_gives_the_odd_units_to_the_largest_remainders() -> None:
    parts = Money(100, "usd").allocate([1, 1, 1])
    uneven = Money(5, "usd").allocate([3, 7])
    refund = Money(-100, "usd").allocate([1, 1, 1])

    assert [part.amount_minor for part in parts] == [34, 33, 33]
    assert [part.amount_minor for part in uneven] == [2, 3]
    assert [part.amount_minor for part in refund] == [-33, -33, -34]


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [-1, 2]])
def test_weights_that_split_nothing_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="Weights"):
        Money(100, "usd").allocate(weights)


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(1250, "usd"), "12.50 USD"),
        (Money(-5, "usd"), "-0.05 USD"),
        (Money(1250, "jpy"), "1250 JPY"),
        (Money(1250, "kwd"), "1.250 KWD"),
        (Money(0, "eur"), "0.00 EUR"),
    ],
)
def test_money_reads_as_a_plain_decimal_with_its_code(money: Money, text: str) -> None:
    assert str(money) == text


@given(AMOUNTS, AMOUNTS)
def test_sums_are_exact_and_undone_by_differences(left: int, right: int) -> None:
    total = Money(left, "usd") + Money(right, "usd")

    assert total.amount_minor == left + right
    assert total - Money(right, "usd") == Money(left, "usd")
    assert -total == Money.zero("usd") - total


@given(AMOUNTS, AMOUNTS)
def test_order_is_that_of_the_minor_units(left: int, right: int) -> None:
    a, b = Money(left, "usd"), Money(right, "usd")

    assert (a < b, a <= b, a > b, a >= b) == (left < right, left <= right, left > right, left >= right)


@given(FRACTIONS, st.sampled_from(Rounding))
def test_rounding_moves_less_than_one_unit_and_mirrors_at_zero(value: Fraction, rounding: Rounding) -> None:
    rounded = round_fraction(value, rounding)

    assert abs(rounded - value) < 1
    assert rounding is DOWN or abs(rounded - value) <= Fraction(1, 2)
    assert round_fraction(-value, rounding) == -rounded


@given(FRACTIONS)
def test_half_even_agrees_with_pythons_own(value: Fraction) -> None:
    assert round_fraction(value, HALF_EVEN) == round(value)


@given(AMOUNTS, WEIGHTS)
def test_an_allocation_loses_no_unit_and_strays_less_than_one(amount: int, weights: list[int]) -> None:
    parts = Money(amount, "usd").allocate(weights)

    assert sum(part.amount_minor for part in parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.amount_minor - Fraction(amount * weight, sum(weights))) < 1
        assert weight or part.is_zero
