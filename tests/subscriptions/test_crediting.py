"""What credit notes give back: section E of reference/billing_cases.md."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.money import Money
from subscriptions.crediting import (
    CreditableLine,
    NoteLine,
    NoteSplit,
    credit_line,
    prorated_part,
    split_note,
)
from subscriptions.errors import CreditNoteExceedsLine, CreditNoteSplitDiffers
from subscriptions.proration import Basis, credit_debit
from subscriptions.taxes import Rate, tax_lines
from tests.subscriptions.instants import monthly, utc
from tests.subscriptions.test_proration import debit


def taxed(amount: int, percentage: str, *, discount: int = 0, inclusive: bool = False) -> CreditableLine:
    rate = Rate("txr", Fraction(percentage), inclusive=inclusive)
    [taxes] = tax_lines([(Money(amount - discount, "eur"), [rate])])
    return CreditableLine(amount, discount, tuple(taxes))


def unused(amount: int, at: str) -> int:
    """What a line for October gives back, by days: the day of termination is the first unbilled one."""
    credit = credit_debit(debit(monthly("2022-10-01"), "2022-10-01", amount, Basis.DAY), utc(at))
    assert credit is not None
    return -credit.amount_minor


def total(line: CreditableLine, amount: int) -> int:
    return credit_line(line, amount).total(line.taxes)


def test_case_E5_a_termination_of_a_paid_invoice_is_refunded_with_its_tax() -> None:
    # The source's service ends with the 15th; here the day of termination is unbilled, so that is the 16th.
    line = taxed(3_100, "20")

    note = total(line, unused(3_100, "2022-10-16"))

    assert note == 1_920
    assert split_note(note, amount_remaining_minor=0, refund_minor=note) == NoteSplit(0, 1_920, 0, 0)


def test_case_E7_a_termination_of_an_unpaid_invoice_lowers_what_remains() -> None:
    # "Credit 19.20" of the source: 65.10 remain of 74.40, and the note lowers that before anything goes back.
    note = total(taxed(3_100, "20"), unused(3_100, "2022-10-16"))

    split = split_note(note, amount_remaining_minor=7_440 - 930)

    assert split == NoteSplit(1_920, 0, 0, 0)
    with pytest.raises(CreditNoteSplitDiffers):
        split_note(note, amount_remaining_minor=7_440 - 930, refund_minor=1)


def test_case_E9_an_earlier_note_and_a_coupon_lower_what_is_given_back() -> None:
    line = taxed(3_100, "20", discount=500)
    line = replace(line, earlier=(credit_line(line, 200),))
    left = unused(3_100, "2022-10-16") - 200

    note = credit_line(line, left)

    assert (left, note.discount_minor, note.tax_minor) == (1_400, 226, (235,))
    assert note.total(line.taxes) == 1_409
    # The source credits 3.74 against the invoice's unpaid rest and refunds the other 10.35.
    assert split_note(1_409, amount_remaining_minor=374, refund_minor=1_035) == NoteSplit(374, 1_035, 0, 0)


def test_case_E11_terminated_on_the_day_it_began() -> None:
    # The source bills the day itself: 29 of 30 days come back.
    credit = credit_debit(debit(monthly("2022-11-01"), "2022-11-01", 20_000, Basis.DAY), utc("2022-11-02"))
    assert credit is not None
    note = credit_line(taxed(20_000, "25"), -credit.amount_minor)

    assert (note.amount_minor, note.tax_minor) == (19_333, (4_833,))
    assert total(taxed(20_000, "25"), 19_333) == 24_166


def test_case_E13_six_of_seven_days_of_a_week() -> None:
    line = taxed(2_999, "23.33")
    note = credit_line(line, 2_571)

    assert line.taxes[0].amount.amount_minor == 700
    assert round(Fraction(2_999 * 6, 7)) == 2_571
    assert (note.tax_minor, note.total(line.taxes)) == ((600,), 3_171)


def test_inclusive_tax_is_a_part_of_what_is_given_back() -> None:
    line = taxed(11_900, "19", inclusive=True)

    note = credit_line(line, 5_950)

    assert (note.tax_minor, note.total(line.taxes)) == ((950,), 5_950)


def test_the_notes_of_a_line_never_exceed_it() -> None:
    line = CreditableLine(1_000, 0, (), (NoteLine(400, 0, ()),))

    assert credit_line(line, 600).amount_minor == 600
    for amount in (601, 0, -1):
        with pytest.raises(CreditNoteExceedsLine):
            credit_line(line, amount)


@pytest.mark.parametrize(
    ("line", "given_back", "part"),
    [
        (taxed(1_000, "20"), 400, NoteLine(400, 0, (80,))),
        (taxed(1_000, "20", discount=200), 400, NoteLine(500, 100, (80,))),
        (taxed(1_000, "20", discount=1), 400, NoteLine(401, 1, (80,))),
        (taxed(1_000, "20"), 1_000, NoteLine(1_000, 0, (200,))),
        (taxed(1_200, "20", inclusive=True), 600, NoteLine(600, 0, (100,))),
    ],
)
def test_what_prorations_gave_back_counts_as_an_earlier_note(
    line: CreditableLine, given_back: int, part: NoteLine
) -> None:
    assert prorated_part(line, given_back) == part


@given(st.integers(1, 100_000), st.integers(0, 99_999), st.integers(1, 100_000))
def test_notes_and_prorations_together_never_exceed_the_line(amount: int, off: int, back: int) -> None:
    line = taxed(amount, "19", discount=min(off, amount - 1))
    net = amount - line.discount_minor

    line = replace(line, earlier=(prorated_part(line, min(back, net)),))
    note = credit_line(line, line.left_minor).total(line.taxes) if line.left_minor else 0

    whole = net + line.taxes[0].amount.amount_minor
    given_back = line.earlier[0].total(line.taxes)
    assert 0 <= note <= whole - given_back
    assert line.earlier[0].amount_minor - line.earlier[0].discount_minor == min(back, net)


def test_what_was_paid_goes_back_exactly() -> None:
    assert split_note(
        1_000, amount_remaining_minor=300, refund_minor=200, credit_minor=400, out_of_band_minor=100
    ) == NoteSplit(300, 200, 400, 100)
    for wrong in (399, 401):
        with pytest.raises(CreditNoteSplitDiffers):
            split_note(
                1_000, amount_remaining_minor=300, refund_minor=200, credit_minor=wrong, out_of_band_minor=100
            )


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.data())
def test_a_split_is_whole(note: int, remaining: int, data: st.DataObject) -> None:
    back = note - min(note, remaining)
    refund = data.draw(st.integers(0, back))
    outside = data.draw(st.integers(0, back - refund))

    split = split_note(note, amount_remaining_minor=remaining, refund_minor=refund, out_of_band_minor=outside)

    assert split.pre_payment_minor + split.post_payment_minor == note
    assert (split.refund_minor, split.out_of_band_minor) == (refund, outside) and split.credit_minor >= 0


@given(
    amount=st.integers(1, 100_000),
    discount=st.integers(0, 100),
    percentage=st.decimals(0, 30, places=2).map(str),
    inclusive=st.booleans(),
    cuts=st.lists(st.integers(1, 100_000), max_size=6),
)
def test_notes_in_any_pieces_give_back_the_line_to_the_unit(
    amount: int, discount: int, percentage: str, inclusive: bool, cuts: list[int]
) -> None:
    line = taxed(amount, percentage, discount=min(discount, amount), inclusive=inclusive)

    for cut in (*cuts, amount):
        if line.left_minor:
            note = credit_line(line, min(cut, line.left_minor))
            assert note.discount_minor >= 0 and min(note.tax_minor) >= 0
            line = replace(line, earlier=(*line.earlier, note))

    assert (line.left_minor, line.discount_left_minor, line.tax_left_minor(0)) == (0, 0, 0)
