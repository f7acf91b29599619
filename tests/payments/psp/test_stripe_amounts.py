"""Amounts as Stripe counts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.money import Money
from payments.psp.stripe.amounts import AmountNotRepresentable, fee_from_stripe, from_stripe, to_stripe


@pytest.mark.parametrize(
    ("amount", "currency", "at_stripe"),
    [
        (10_99, "usd", 10_99),
        (500, "jpy", 500),
        (1_500, "kwd", 1_500),
        (7, "isk", 700),
        (7, "ugx", 700),
        (500, "mga", 5),
    ],
)
def test_amounts_go_to_stripe_and_come_back(amount: int, currency: str, at_stripe: int) -> None:
    assert to_stripe(Money(amount, currency)) == at_stripe
    assert from_stripe(at_stripe, currency.upper()) == Money(amount, currency)


@pytest.mark.parametrize("amount", [1, 99, 101])
def test_fraction_that_stripe_has_no_unit_for_is_refused(amount: int) -> None:
    with pytest.raises(AmountNotRepresentable):
        to_stripe(Money(amount, "mga"))


@pytest.mark.parametrize("currency", ["isk", "ugx"])
def test_part_of_a_whole_unit_is_refused(currency: str) -> None:
    with pytest.raises(AmountNotRepresentable):
        from_stripe(150, currency)


@pytest.mark.parametrize(
    ("at_stripe", "fee"), [(145_30, 145), (145_50, 146), (146_50, 146), (146_51, 147), (100, 1), (49, 0)]
)
def test_fee_is_brought_to_the_nearest_whole_unit(at_stripe: int, fee: int) -> None:
    assert fee_from_stripe(at_stripe, "isk") == Money(fee, "isk")
    assert fee_from_stripe(at_stripe, "usd") == Money(at_stripe, "usd")


@given(
    amount=st.integers(min_value=1, max_value=10**12),
    currency=st.sampled_from(["usd", "jpy", "kwd", "isk", "ugx"]),
)
def test_no_amount_is_lost_on_the_way(amount: int, currency: str) -> None:
    amount *= 10 if currency == "kwd" else 1

    assert from_stripe(to_stripe(Money(amount, currency)), currency) == Money(amount, currency)


def test_a_third_decimal_that_is_not_zero_is_refused() -> None:
    with pytest.raises(AmountNotRepresentable):
        to_stripe(Money(5_124, "kwd"))

    assert to_stripe(Money(5_120, "kwd")) == 5_120
