"""Search words as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Q

from foundation.backoffice.terms import Span, TermNotRead, read_amount, read_days, read_terms

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 20, 19, 30, tzinfo=BERLIN)


def _echo(name: str):
    return lambda value: Q(**{name: value})


FIELDS = {name: _echo(name) for name in ("amount", "currency", "date", "status", "order")}
CURRENCIES = ["eur", "usd"]


def read(text: str) -> tuple[Q, str]:
    terms = read_terms(text, FIELDS, CURRENCIES)
    assert terms.problems == ()
    return terms.condition, terms.words


def test_words_without_a_field_stay_words() -> None:
    assert read("tea  and kettles 536365") == (Q(), "tea and kettles 536365")


def test_named_fields_are_taken_out_of_the_words() -> None:
    assert read('status:declined tea order:"A 17"') == (Q(status="declined") & Q(order="A 17"), "tea")


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("12.50", Q(amount="12.50")),
        ("1,000", Q(amount="1,000")),
        ("€12", Q(amount="12") & Q(currency="eur")),
        ("12.50 usd", Q(amount="12.50") & Q(currency="usd")),
        ("eur 12.50", Q(amount="12.50") & Q(currency="eur")),
        ("yesterday", Q(date="yesterday")),
        ("2026-11-20", Q(date="2026-11-20")),
    ],
)
def test_amounts_and_days_need_no_field(text: str, condition: Q) -> None:
    assert read(text) == (condition, "")


@pytest.mark.parametrize("text", ["536365", "eur", "4242", "https://shop.example/o/1", "9.4.1"])
def test_what_may_be_an_order_or_a_name_is_no_amount(text: str) -> None:
    assert read(text) == (Q(), text)


def test_a_list_without_such_fields_reads_amounts_as_words() -> None:
    assert read_terms("12.50 today capture:17", {}).words == "12.50 today capture:17"


def test_an_unknown_field_is_told_with_those_that_there_are() -> None:
    problems = read_terms("colour:red", FIELDS).problems

    assert problems == (
        "This list knows no “colour:”. Its fields: amount:, currency:, date:, status:, order:.",
    )


def test_a_value_that_is_not_read_is_told() -> None:
    def refuse(value: str) -> Q:
        raise TermNotRead(f"“{value}” is no colour.")

    assert read_terms("colour:loud", {"colour": refuse}).problems == ("colour: “loud” is no colour.",)


@pytest.mark.parametrize(
    ("value", "span"),
    [
        ("12.50", Span(Decimal("12.50"), Decimal("12.50"))),
        (">100", Span(Decimal(100), None, includes_lower=False)),
        (">=1,000", Span(Decimal(1000), None)),
        ("<5", Span(None, Decimal(5), includes_upper=False)),
        ("10..20", Span(Decimal(10), Decimal(20))),
        ("..20", Span(None, Decimal(20))),
    ],
)
def test_amounts_may_be_exact_or_a_range(value: str, span: Span) -> None:
    found = read_amount(value)

    assert (found.lower, found.upper) == (span.lower, span.upper)
    assert (found.includes_lower, found.includes_upper) == (span.includes_lower, span.includes_upper)


@pytest.mark.parametrize("value", ["much", ">", "1e400", "nan", "1..x"])
def test_what_is_no_amount_is_refused(value: str) -> None:
    with pytest.raises(TermNotRead, match="not an amount"):
        read_amount(value)


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [
        ("today", datetime(2026, 11, 19, 23, tzinfo=UTC), datetime(2026, 11, 20, 23, tzinfo=UTC)),
        ("yesterday", datetime(2026, 11, 18, 23, tzinfo=UTC), datetime(2026, 11, 19, 23, tzinfo=UTC)),
        ("2026-10", datetime(2026, 9, 30, 22, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC)),
        ("2026-11-01..today", datetime(2026, 10, 31, 23, tzinfo=UTC), datetime(2026, 11, 20, 23, tzinfo=UTC)),
    ],
)
def test_days_are_the_persons_own(value: str, start: datetime, end: datetime) -> None:
    assert read_days(value, NOW) == (start, end)


@pytest.mark.parametrize("value", ["soon", "2026-13-01", "2026-02-30", "9999-12-31", "9999-12", ""])
def test_what_is_no_day_is_refused(value: str) -> None:
    with pytest.raises(TermNotRead, match="not a day"):
        read_days(value, NOW)
