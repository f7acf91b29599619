"""Taxes of lines and invoices: section E of reference/billing_cases.md, and what holds for all rates."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from foundation.money import Money
from subscriptions.taxes import Rate, TaxRounding, sum_exclusive, sum_inclusive, tax_lines


def usd(amount: int) -> Money:
    return Money(amount, "usd")


def rate(percentage: str, **fields: object) -> Rate:
    return Rate(f"txr_{percentage}", Fraction(percentage), **fields)  # type: ignore[arg-type]


def amounts(lines: list[tuple[int, list[Rate]]], rounding: TaxRounding = TaxRounding.LINE) -> list[list[int]]:
    taxed = tax_lines([(usd(amount), rates) for amount, rates in lines], rounding=rounding)
    return [[tax.amount.amount_minor for tax in line] for line in taxed]


def test_case_E1_tax_of_what_the_coupon_left() -> None:
    lines = [(9_500, [rate("10")]), (4_750, [rate("0")]), (2_850, [rate("20")]), (1_900, [rate("20")])]

    taxes = [line[0] for line in amounts(lines)]

    assert taxes == [950, 0, 570, 380]
    assert (sum(net for net, _ in lines), sum(taxes)) == (19_000, 1_900)
    assert 19_000 + 1_900 == 20_900


def test_case_E3_rounding_per_line_and_per_invoice_differ() -> None:
    # Nets after the coupons of the case in whole cents (tests/subscriptions/test_discounts.py).
    nets = [323, 647, 2_912, 3_882, 874, 1_747, 2_621, 3_494]
    lines = [(net, [rate(of)]) for net, of in zip(nets, ["10", "20", "10", "10"] * 2, strict=True)]

    per_line = [line[0] for line in amounts(lines)]
    per_invoice = [line[0] for line in amounts(lines, TaxRounding.INVOICE)]

    assert per_line == [32, 129, 291, 388, 87, 349, 262, 349]
    assert (sum(per_line), sum(per_invoice)) == (1_887, 1_889)
    assert (sum(nets), sum(nets) + 1_889) == (16_500, 18_389)


def test_inclusive_tax_is_taken_out_of_the_price() -> None:
    [[tax]] = tax_lines([(usd(11_900), [rate("19", inclusive=True)])])

    assert (tax.amount, tax.taxable) == (usd(1_900), usd(10_000))
    assert sum_inclusive([tax], "usd") == usd(1_900)
    assert sum_exclusive([tax], "usd") == usd(0)


def test_several_inclusive_rates_share_one_base_and_exclusive_ones_stand_on_it() -> None:
    rates = [rate("10", inclusive=True), rate("5", inclusive=True), rate("2")]

    [line] = tax_lines([(usd(11_500), rates)])

    assert [tax.amount.amount_minor for tax in line] == [1_000, 500, 200]
    assert {tax.taxable for tax in line} == {usd(10_000)}


def test_two_exclusive_rates_do_not_compound() -> None:
    assert amounts([(10_000, [rate("5"), rate("9.975")])]) == [[500, 998]]


def test_a_credit_has_the_tax_of_its_debit_with_the_other_sign() -> None:
    assert amounts([(-2_999, [rate("23.33")]), (2_999, [rate("23.33")])]) == [[-700], [700]]


def test_a_line_without_rates_has_no_tax_and_an_invoice_of_such_lines_none() -> None:
    assert amounts([(1_000, [])], TaxRounding.INVOICE) == [[]]


rates = st.lists(st.builds(rate, st.decimals(0, 30, places=3).map(str), inclusive=st.booleans()), max_size=3)


@given(st.lists(st.tuples(st.integers(-100_000, 1_000_000), rates), min_size=1, max_size=10))
def test_every_tax_is_within_a_unit_of_exact_and_the_invoice_within_half_of_one(
    lines: list[tuple[int, list[Rate]]],
) -> None:
    exact = []
    for amount, own in lines:
        inside = sum((r.percentage for r in own if r.inclusive), Fraction())
        exact.append([amount / (1 + inside / 100) * r.percentage / 100 for r in own])

    per_line, per_invoice = amounts(lines), amounts(lines, TaxRounding.INVOICE)

    for told, true in zip(per_line, exact, strict=True):
        assert all(2 * abs(t - e) <= 1 for t, e in zip(told, true, strict=True))
    for told, true in zip(per_invoice, exact, strict=True):
        assert all(abs(t - e) <= 1 for t, e in zip(told, true, strict=True))
    assert 2 * abs(sum(map(sum, per_invoice)) - sum(map(sum, exact))) <= 1
