"""What quantities cost: every scheme at its edges, and the split that loses nothing."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.money import Money
from subscriptions.pricing import (
    Aggregation,
    Package,
    PackageRounding,
    PriceTerms,
    Tier,
    Tiering,
    aggregate,
    split,
)

FONTS = (
    Tier(up_to=5, unit_amount=Fraction(700)),
    Tier(up_to=10, unit_amount=Fraction(650)),
    Tier(up_to=None, unit_amount=Fraction(600)),
)
WITH_FLAT = (
    Tier(up_to=5, unit_amount=Fraction(500), flat_amount=Fraction(1_000)),
    Tier(up_to=None, unit_amount=Fraction(400), flat_amount=Fraction(2_000)),
)


def cost(quantity: int | Fraction, **terms: object) -> int:
    return PriceTerms("usd", **terms).amount(quantity).amount_minor  # type: ignore[arg-type]


def test_per_unit_amounts_may_be_parts_of_a_minor_unit_and_are_rounded_once() -> None:
    assert cost(7, unit_amount=Fraction(2_995)) == 20_965
    assert cost(3, unit_amount=Fraction(1, 2)) == 2
    assert cost(1_000, unit_amount=Fraction("0.015")) == 15
    assert cost(0, unit_amount=Fraction(2_995)) == 0


# Source: Stripe, pricing models, volume and graduated: 1-5 at 7 USD, 6-10 at 6.50, 11 and more at 6; read 2026-11.
@pytest.mark.parametrize(
    ("quantity", "expected"), [(0, 0), (1, 700), (5, 3_500), (6, 3_900), (20, 12_000), (25, 15_000)]
)
def test_volume_prices_every_unit_by_the_tier_of_the_whole(quantity: int, expected: int) -> None:
    assert cost(quantity, tiers=FONTS, tiering=Tiering.VOLUME) == expected


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [(0, 0), (1, 700), (5, 3_500), (6, 4_150), (10, 6_750), (11, 7_350), (20, 12_750), (25, 15_750)],
)
def test_graduated_prices_each_unit_by_its_own_tier(quantity: int, expected: int) -> None:
    assert cost(quantity, tiers=FONTS, tiering=Tiering.GRADUATED) == expected


@pytest.mark.parametrize(
    ("quantity", "graduated", "volume"),
    [(0, 1_000, 1_000), (1, 1_500, 1_500), (5, 3_500, 3_500), (6, 5_900, 4_400), (7, 6_300, 4_800)],
)
def test_flat_amounts_are_due_for_each_tier_reached_and_for_the_first_one_always(
    quantity: int, graduated: int, volume: int
) -> None:
    assert cost(quantity, tiers=WITH_FLAT, tiering=Tiering.GRADUATED) == graduated
    assert cost(quantity, tiers=WITH_FLAT, tiering=Tiering.VOLUME) == volume


@pytest.mark.parametrize(("quantity", "up", "down"), [(0, 0, 0), (1, 900, 0), (5, 900, 900), (6, 1_800, 900)])
def test_a_part_of_a_package_counts_as_one_or_as_none(quantity: int, up: int, down: int) -> None:
    price = {"unit_amount": Fraction(900)}

    assert cost(quantity, package=Package(5), **price) == up
    assert cost(quantity, package=Package(5, PackageRounding.DOWN), **price) == down


def test_usage_becomes_one_quantity() -> None:
    values = [Fraction(3), Fraction(9), Fraction("2.5")]

    assert [aggregate(kind, values) for kind in Aggregation] == [Fraction("14.5"), 3, Fraction("2.5"), 9]
    assert [aggregate(kind, []) for kind in Aggregation] == [0, 0, 0, 0]


@given(st.integers(0, 10_000))
def test_graduated_grows_with_the_quantity(quantity: int) -> None:
    terms = PriceTerms("usd", tiers=WITH_FLAT, tiering=Tiering.GRADUATED)

    assert terms.exact(quantity) <= terms.exact(quantity + 1)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_a_split_loses_nothing_and_is_within_a_unit_of_exact(amount: int, weights: list[int]) -> None:
    parts = [part.amount_minor for part in split(Money(amount, "usd"), weights)]

    total = sum(weights)
    assert sum(parts) == (amount if total else 0)
    assert all(
        abs(part - Fraction(amount * weight, total)) < 1
        for part, weight in zip(parts, weights, strict=True)
        if total
    )
