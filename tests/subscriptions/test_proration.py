"""Parts of periods and what they are worth: sections C and D of reference/billing_cases.md."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import pytest

from foundation.ids import new_id
from foundation.money import HALF_UP, Money, round_fraction
from subscriptions.discounts import DiscountableLine, DiscountTerms, apply_discounts, net_of
from subscriptions.errors import PeriodDatesOutOfOrder
from subscriptions.periods import Cycle, Interval, Period, add_days, anchor_on_day, periods_between
from subscriptions.proration import Basis, Charge, Debit, Ruler, credit_debit, prorate_change
from tests.subscriptions.instants import monthly, utc, yearly

BOTH = [Basis.SECOND, Basis.DAY]


def part(cycle: Cycle, start: str, end: str, basis: Basis = Basis.SECOND) -> Fraction:
    return Ruler.of(cycle, utc(start), basis).fraction(utc(start), utc(end))


def parts(cycle: Cycle, pieces: list[Period], basis: Basis = Basis.SECOND) -> list[Fraction]:
    return [Ruler.of(cycle, piece.start, basis).fraction(piece.start, piece.end) for piece in pieces]


def share(amount: int, fraction: Fraction) -> int:
    return round_fraction(amount * fraction, HALF_UP)


def debit(cycle: Cycle, start: str, amount: int, basis: Basis = Basis.SECOND) -> Debit:
    """A line that paid `amount` for the natural period which starts then."""
    ruler = Ruler.of(cycle, utc(start), basis)
    return Debit(new_id(), amount, ruler.period.start, ruler.period.end, ruler)


def change(
    debits: list[Debit], at: datetime, charge: int | Fraction, cycle: Cycle, basis: Basis = Basis.SECOND
) -> list[int]:
    """The lines of a change: what is given back, and what the rest of the period costs under the new terms."""
    ruler = Ruler.of(cycle, at, basis)
    back, new = prorate_change(at=at, debits=debits, charges=[Charge("item", Fraction(charge), ruler)])
    return [line.amount_minor for line in (*back, *new)]


# --- C. Proration fractions


@pytest.mark.parametrize("basis", BOTH)
def test_case_C1_23_of_31_days(basis: Basis) -> None:
    assert part(monthly("2023-05-15"), "2023-05-23", "2023-06-15", basis) == Fraction(23, 31)


@pytest.mark.parametrize("basis", BOTH)
def test_case_C3_20_of_28_days(basis: Basis) -> None:
    assert part(monthly("2023-02-15"), "2023-02-23", "2023-03-15", basis) == Fraction(20, 28)


def test_case_C5_fixed_months_of_30_days() -> None:
    # "The four above" are C1 and C3, and two rows that the list leaves out.
    assert part(monthly("2023-05-15"), "2023-05-23", "2023-06-15", Basis.MONTH_OF_30) == Fraction(22, 30)
    assert part(monthly("2023-02-15"), "2023-02-23", "2023-03-15", Basis.MONTH_OF_30) == Fraction(22, 30)
    assert part(monthly("2023-05-15"), "2023-05-15", "2023-05-23", Basis.MONTH_OF_30) == Fraction(8, 30)


@pytest.mark.parametrize("basis", BOTH)
def test_case_C7_half_of_a_leap_february(basis: Basis) -> None:
    assert part(monthly("2012-02-01"), "2012-02-01", "2012-02-15", basis) == Fraction(14, 29)


def test_case_C9_a_billing_day_moved_from_the_1st_to_the_31st() -> None:
    old, new = monthly("2011-02-01"), anchor_on_day(utc("2011-02-14"), Interval.MONTH, 1, "UTC", day=31)

    assert Ruler.of(old, utc("2011-02-01")).total == 28 * 86_400
    assert part(old, "2011-02-01", "2011-02-14") == Fraction(13, 28)
    # The source measures the 14 days against the 31 before the clamped date (28 January to 28 February). Here a
    # period always has its own two boundaries, 31 January and 28 February: 14 of 28.
    pieces = periods_between(new, utc("2011-02-14"), utc("2011-03-01"))
    assert parts(new, pieces) == [Fraction(14, 28), 1]
    assert (utc("2011-02-28") - utc("2011-01-28")).days == 31


@pytest.mark.parametrize("basis", BOTH)
def test_case_C11_three_months_and_two_days(basis: Basis) -> None:
    cycle = monthly("2010-12-15")
    pieces = periods_between(cycle, utc("2010-12-15"), utc("2011-03-15"), end=utc("2011-03-17"))

    assert parts(cycle, pieces, basis) == [1, 1, 1, Fraction(2, 31)]


@pytest.mark.parametrize("basis", BOTH)
def test_case_C13_a_first_piece_then_full_months(basis: Basis) -> None:
    cycle, start, end = monthly("2010-12-15"), utc("2011-01-01"), utc("2011-02-27")

    for target in ("2011-01-01", "2011-01-14"):
        pieces = periods_between(cycle, start, utc(target), end=end)
        assert parts(cycle, pieces, basis) == [Fraction(14, 31)]
    for target in ("2011-01-15", "2011-02-14"):
        pieces = periods_between(cycle, start, utc(target), end=end)
        assert parts(cycle, pieces, basis) == [Fraction(14, 31), 1]


@pytest.mark.parametrize("basis", BOTH)
def test_case_C15_a_first_piece_of_a_year(basis: Basis) -> None:
    cycle = anchor_on_day(utc("2011-01-31"), Interval.YEAR, 1, "UTC", day=15)

    pieces = periods_between(cycle, utc("2011-01-31"), utc("2011-02-24"))

    assert parts(cycle, pieces, basis) == [Fraction(349, 365)]


@pytest.mark.parametrize("target", ["2011-01-20", "2011-07-01"])
@pytest.mark.parametrize(("months", "days"), [(1, 31), (3, 90), (12, 365)])
def test_case_C17_cancelled_after_14_days_whatever_the_target(months: int, days: int, target: str) -> None:
    cycle = monthly("2011-01-01", months)

    pieces = periods_between(cycle, utc("2011-01-01"), utc(target), end=utc("2011-01-15"))

    assert parts(cycle, pieces) == [Fraction(14, days)]


def test_case_C19_dates_out_of_order_are_refused() -> None:
    cycle = monthly("2011-01-30")

    with pytest.raises(PeriodDatesOutOfOrder):
        periods_between(cycle, utc("2011-01-30"), utc("2011-01-15"), end=utc("2011-03-15"))
    with pytest.raises(PeriodDatesOutOfOrder):
        periods_between(cycle, utc("2011-01-30"), utc("2011-02-15"), end=utc("2011-01-29"))


@pytest.mark.parametrize("basis", BOTH)
def test_case_C21_backdated_to_15_january_with_renewals_on_the_1st(basis: Basis) -> None:
    cycle = monthly("2026-02-01")

    assert part(cycle, "2026-01-15", "2026-02-01", basis) == Fraction(17, 31)


def test_a_month_of_30_days_is_whole_in_every_month_and_its_parts_add_up() -> None:
    cycle = monthly("2026-01-31")

    for k in range(12):
        period = cycle.period(k)
        ruler = Ruler.of(cycle, period.start, Basis.MONTH_OF_30)
        middle = add_days(period.start, 11, "UTC")
        assert ruler.total == 30
        assert ruler.units(period.start, middle) + ruler.units(middle, period.end) == 30


def test_weeks_have_no_months_of_30_days() -> None:
    cycle = Cycle(utc("2026-01-05"), Interval.WEEK)

    assert part(cycle, "2026-01-06", "2026-01-12", Basis.MONTH_OF_30) == Fraction(6, 7)


# --- D. Amounts


def test_case_D1_stripes_preview_example_by_seconds() -> None:
    start, end = (datetime.fromtimestamp(s, utc("2020-01-01").tzinfo) for s in (1596749288, 1599427688))
    at = datetime.fromtimestamp(1598982148, start.tzinfo)
    cycle = Cycle(start, Interval.MONTH)

    lines = change([debit_of(cycle, start, 1000)], at, 3252, cycle)

    assert (cycle.boundary(1), Ruler.of(cycle, start).total) == (end, 2_678_400)
    assert [*lines, 3252] == [-166, 541, 3252] and sum(lines) + 3252 == 3627
    assert cycle.boundary(2).timestamp() == 1602019688


def debit_of(cycle: Cycle, at: datetime, amount: int) -> Debit:
    ruler = Ruler.of(cycle, at)
    return Debit(new_id(), amount, ruler.period.start, ruler.period.end, ruler)


def test_case_D3_a_change_that_was_not_prorated_is_credited_from_the_original_debit() -> None:
    # The source's "flexible" answer, ours; its "classic" one, −334, credits what the price has become meanwhile.
    cycle = monthly("2026-04-01")
    paid = debit(cycle, "2026-04-01", 1000)

    assert change([paid], utc("2026-04-21"), 1000, cycle) == [-333, 333]


def test_case_D5_a_coupon_is_split_in_proportion_before_an_item_is_given_back() -> None:
    # The source's proportional answer; its even split would give back 250.
    lines = [DiscountableLine(Money(amount, "usd")) for amount in (1000, 2000)]
    coupon = DiscountTerms(new_id(), amount_off=Money(500, "usd"))
    applied = apply_discounts(lines, [coupon])
    cycle = monthly("2026-06-01")
    paid = debit(cycle, "2026-06-01", net_of(lines[0], applied[0]).amount_minor)

    credit = credit_debit(paid, utc("2026-06-16"))

    assert credit is not None and credit.amount_minor == -417


@pytest.mark.parametrize("basis", BOTH)
def test_case_D7_half_a_month(basis: Basis) -> None:
    cycle = monthly("2025-06-01")
    paid = debit(cycle, "2025-06-01", 10_000, basis)

    assert change([paid], utc("2025-06-16"), 30_000, cycle, basis) == [-5_000, 15_000]
    assert cycle.next_boundary(utc("2025-06-16")) == utc("2025-07-01")


@pytest.mark.parametrize("basis", BOTH)
def test_case_D9_22_of_29_days(basis: Basis) -> None:
    cycle = monthly("2024-02-18")
    paid = debit(cycle, "2024-02-18", 10_000, basis)

    assert change([paid], utc("2024-02-25"), 30_000, cycle, basis) == [-7_586, 22_759]


@pytest.mark.parametrize("basis", BOTH)
def test_case_D11_166_of_366_days(basis: Basis) -> None:
    cycle = yearly("2024-02-18")
    paid = debit(cycle, "2024-02-18", 100_000, basis)

    assert change([paid], utc("2024-09-05"), 300_000, cycle, basis) == [-45_355, 136_066]


def test_case_D13_a_longer_interval_restarts_the_cycle() -> None:
    at = utc("2025-06-16")
    paid = debit(monthly("2025-06-01"), "2025-06-01", 10_000)
    restarted = yearly("2025-06-16")

    assert change([paid], at, 100_000, restarted) == [-5_000, 100_000]
    assert restarted.next_boundary(at) == utc("2026-06-16")


def test_case_D15_a_shorter_interval_restarts_the_cycle() -> None:
    paid = debit(yearly("2024-02-18"), "2024-02-18", 100_000)

    assert change([paid], utc("2024-04-19"), 10_000, monthly("2024-04-19")) == [-83_333, 10_000]


def test_case_D17_to_and_from_a_free_plan_is_one_line() -> None:
    cycle = monthly("2025-06-01")

    assert change([debit(cycle, "2025-06-01", 10_000)], utc("2025-06-16"), 0, cycle) == [-5_000]
    assert change([debit(cycle, "2025-06-01", 0)], utc("2025-06-16"), 10_000, cycle) == [5_000]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (25, 50, [-3_750, 25_000]),
        (None, 50, [-5_000, 25_000]),
        (25, None, [-3_750, 50_000]),
        (Money(2_500, "usd"), Money(5_000, "usd"), [-3_750, 47_500]),
    ],
)
def test_case_D19_discounts_on_both_sides(
    before: int | Money | None, after: int | Money | None, expected: list[int]
) -> None:
    cycle = monthly("2025-06-01")

    paid = debit(cycle, "2025-06-01", discounted(10_000, before))

    assert change([paid], utc("2025-06-16"), discounted(100_000, after), cycle) == expected


def discounted(amount: int, off: int | Money | None) -> int:
    line = DiscountableLine(Money(amount, "usd"))
    terms = {
        int: lambda: [DiscountTerms(new_id(), percent_off=Fraction(off))],  # type: ignore[arg-type]
        Money: lambda: [DiscountTerms(new_id(), amount_off=off)],  # type: ignore[arg-type]
    }.get(type(off), list)()
    return net_of(line, apply_discounts([line], terms)[0]).amount_minor


def test_case_D21_more_seats_under_a_discount_of_the_whole_subscription() -> None:
    # The source nets one line of 3750; here the seats' old line is given back and the new one charged.
    coupon = [DiscountTerms(new_id(), amount_off=Money(15_000, "usd"))]

    def net_seats(seats: int) -> int:
        lines = [DiscountableLine(Money(amount, "usd")) for amount in (10_000, 5_000 * seats)]
        return net_of(lines[1], apply_discounts(lines, coupon)[1]).amount_minor

    cycle = monthly("2025-06-01")
    lines = change([debit(cycle, "2025-06-01", net_seats(2))], utc("2025-06-16"), net_seats(4), cycle)

    assert lines == [-1_250, 5_000] and sum(lines) == 3_750


def test_case_D23_fewer_seats_and_a_dearer_seat_from_the_next_period() -> None:
    cycle = monthly("2025-06-01")

    lines = change([debit(cycle, "2025-06-01", 10 * 1_500)], utc("2025-06-16"), 7 * 1_500, cycle)

    assert sum(lines) == -2_250
    assert 7 * 2_500 == 17_500


def test_case_D25_repair_in_months_of_30_days() -> None:
    cycle = monthly("2012-04-23")
    paid = debit(cycle, "2012-04-23", 1_995, Basis.MONTH_OF_30)

    credit = credit_debit(paid, utc("2012-05-15"))

    assert credit is not None and (credit.amount_minor, credit.part, credit.whole) == (-532, 8, 30)


def test_case_D27_one_day_before_the_billing_day() -> None:
    cycle = anchor_on_day(utc("2012-03-02"), Interval.MONTH, 1, "UTC", day=3)
    pieces = periods_between(cycle, utc("2012-03-02"), utc("2012-03-03"))

    assert [share(59_995, fraction) for fraction in parts(cycle, pieces)] == [2_069, 59_995]


def test_case_D29_a_billing_day_moved_during_the_trial() -> None:
    cycle = anchor_on_day(utc("2016-05-01"), Interval.MONTH, 1, "UTC", day=15)
    pieces = periods_between(cycle, utc("2016-05-01"), utc("2016-05-15"))

    assert [share(24_995, fraction) for fraction in parts(cycle, pieces)] == [11_664, 24_995]


def test_case_D31_an_upgrade_with_27_of_31_days_left() -> None:
    cycle = monthly("2016-05-01")

    lines = change([debit(cycle, "2016-05-01", 24_995)], utc("2016-05-05"), 59_995, cycle)

    assert lines == [-21_770, 52_254]


def test_case_D33_to_a_yearly_price_with_the_billing_day_kept() -> None:
    paid = debit(monthly("2012-05-01"), "2012-05-01", 24_995)

    assert change([paid], utc("2012-05-12"), 239_995, yearly("2012-05-01")) == [-16_126, 232_762]


def test_case_D35_a_year_given_back_after_a_month() -> None:
    credit = credit_debit(debit(yearly("2013-08-18"), "2013-08-18", 239_995), utc("2013-09-17"))

    assert credit is not None and credit.amount_minor == -220_269


def test_case_D37_a_quantity_for_the_next_period_makes_no_proration() -> None:
    cycle = monthly("2022-11-27")
    paid = debit(cycle, "2022-11-27", 2_995 * 7)

    assert (paid.amount_minor, 2_995 * 10) == (20_965, 29_950)
    assert credit_debit(paid, utc("2022-12-27")) is None
    assert change([paid], utc("2022-12-27"), 2_995 * 10, cycle) == [29_950]


@pytest.mark.parametrize("basis", BOTH)
def test_case_D39_to_a_yearly_price_with_the_anniversary_kept(basis: Basis) -> None:
    paid = debit(monthly("2023-06-29"), "2023-08-29", 1_000, basis)

    assert change([paid], utc("2023-09-28"), 12_000, yearly("2023-06-29"), basis) == [-32, 9_016]


def test_case_D41_a_trial_that_ends_within_a_calendar_month_by_days() -> None:
    started = utc("2024-03-05T12:12:00")
    trial_end = add_days(started, 13, "UTC")
    cycle = monthly("2024-03-01")

    ruler = Ruler.of(cycle, trial_end, Basis.DAY)
    fraction = ruler.fraction(trial_end, ruler.period.end)

    assert (trial_end.date().isoformat(), fraction) == ("2024-03-18", Fraction(14, 31))
    assert share(10_000_000, fraction) == 4_516_129


def test_two_credits_of_one_debit_never_give_back_more_than_it() -> None:
    # Half a unit each time, rounded up: the second finds nothing left.
    cycle = monthly("2026-06-01")
    paid = debit(cycle, "2026-06-01", 1)

    first = credit_debit(paid, utc("2026-06-16"))
    assert first is not None and first.amount_minor == -1
    second = credit_debit(paid.cut(first), utc("2026-06-01"))

    assert second is not None
    assert (second.amount_minor, second.start, second.end) == (0, utc("2026-06-01"), utc("2026-06-16"))


def test_a_debit_that_was_cut_covers_nothing_after_the_cut() -> None:
    cycle = monthly("2026-06-01")
    paid = debit(cycle, "2026-06-01", 3_000)
    first = credit_debit(paid, utc("2026-06-11"))
    assert first is not None

    assert credit_debit(paid.cut(first), utc("2026-06-21")) is None
