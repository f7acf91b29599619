"""Discounts: the order, the split and the duration; section E of reference/billing_cases.md where it is about them."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from foundation.ids import new_id
from foundation.money import Money
from subscriptions.discounts import (
    DiscountableLine,
    DiscountTerms,
    Duration,
    apply_discounts,
    end_of_discount,
    net_of,
)
from tests.subscriptions.instants import utc


def usd(amount: int) -> Money:
    return Money(amount, "usd")


def off(amount: int, **terms: object) -> DiscountTerms:
    return DiscountTerms(new_id(), amount_off=usd(amount), **terms)  # type: ignore[arg-type]


def percent(value: str, **terms: object) -> DiscountTerms:
    return DiscountTerms(new_id(), percent_off=Fraction(value), **terms)  # type: ignore[arg-type]


def nets(lines: list[DiscountableLine], *discounts: DiscountTerms) -> list[int]:
    applied = apply_discounts(lines, discounts)
    return [net_of(line, own).amount_minor for line, own in zip(lines, applied, strict=True)]


def test_case_E1_an_amount_off_is_split_in_proportion() -> None:
    lines = [DiscountableLine(usd(amount)) for amount in (10_000, 5_000, 3_000, 2_000)]

    applied = apply_discounts(lines, [off(1_000)])

    assert [own[0].amount.amount_minor for own in applied] == [500, 250, 150, 100]


def test_case_E3_coupons_follow_each_other_on_what_is_left() -> None:
    # The source keeps parts of a cent (676.47, 1352.94 …); here each coupon is split into whole ones.
    plan, other, more = new_id(), new_id(), new_id()
    products = [plan, plan, other, other, more, more, more, more]
    amounts = [1_000, 2_000, 3_000, 4_000] * 2
    lines = [DiscountableLine(usd(a), p) for a, p in zip(amounts, products, strict=True)]

    found = nets(
        lines, off(2_000, products=frozenset({plan})), off(1_000, products=frozenset({more})), off(500)
    )

    assert [a - net for a, net in zip(amounts, found, strict=True)] == [
        677,
        1353,
        88,
        118,
        126,
        253,
        379,
        506,
    ]
    assert sum(found) == 16_500


def test_item_discounts_come_first_and_subscription_discounts_take_of_the_rest() -> None:
    lines = [DiscountableLine(usd(10_000), discounts=(percent("20"),)), DiscountableLine(usd(2_000))]

    assert nets(lines, percent("10")) == [7_200, 1_800]
    assert nets(lines, off(1_000)) == [7_200, 1_800]


def test_more_off_than_there_is_leaves_nothing_to_pay() -> None:
    assert nets([DiscountableLine(usd(300)), DiscountableLine(usd(200))], off(1_000), off(50)) == [0, 0]
    assert nets([DiscountableLine(usd(300), discounts=(off(400),))], percent("50")) == [0]


def test_a_discount_of_one_product_leaves_the_others() -> None:
    mine, other = new_id(), new_id()
    lines = [DiscountableLine(usd(1_000), mine), DiscountableLine(usd(1_000), other)]

    assert nets(lines, percent("33.3333", products=frozenset({mine}))) == [667, 1_000]


def test_a_discount_without_lines_to_apply_to_does_nothing() -> None:
    assert nets([DiscountableLine(usd(1_000), new_id())], off(100, products=frozenset({new_id()}))) == [1_000]


def test_once_is_once_and_repeating_ends_after_its_months() -> None:
    start = utc("2026-01-31")
    once = percent("10", duration=Duration.ONCE, starts_at=start)
    end = end_of_discount(Duration.REPEATING, 3, start, "UTC")
    three = percent("10", duration=Duration.REPEATING, starts_at=start, ends_at=end)

    assert [once.applies_at(start, times_used=n) for n in (0, 1)] == [True, False]
    assert end == utc("2026-04-30")
    months = ("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30")
    assert [three.applies_at(utc(text)) for text in months] == [True, True, True, False]
    assert percent("10").applies_at(utc("2099-01-01"))
    assert end_of_discount(Duration.FOREVER, None, start, "UTC") is None


percents = st.integers(0, 10_000).map(lambda bps: DiscountTerms(new_id(), percent_off=Fraction(bps, 100)))
amounts = st.integers(1, 100_000).map(off)
discounts = st.lists(st.one_of(percents, amounts), max_size=4)


@given(st.lists(st.tuples(st.integers(0, 100_000), discounts), min_size=1, max_size=8), discounts)
def test_no_line_falls_below_zero_and_what_comes_off_is_told(
    given_lines: list[tuple[int, list[DiscountTerms]]], over_all: list[DiscountTerms]
) -> None:
    lines = [DiscountableLine(usd(amount), discounts=tuple(own)) for amount, own in given_lines]

    applied = apply_discounts(lines, over_all)

    for line, own in zip(lines, applied, strict=True):
        assert 0 <= net_of(line, own).amount_minor <= line.amount.amount_minor
    for discount in over_all:
        taken = sum(
            one.amount.amount_minor for own in applied for one in own if one.discount_id == discount.id
        )
        assert discount.amount_off is None or taken <= discount.amount_off.amount_minor
