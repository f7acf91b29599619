"""What people type into a search box: words, amounts and dates as they write them, and `field:value`.

`amount:>100 last4:4242 yesterday tea` is three conditions and the word "tea". Which fields a list knows, and on which
columns they lie, is the list's own business (BackOfficeAdmin.term_fields); here is only how they are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from django.db.models import Q

AMOUNT, CURRENCY, DATE = "amount", "currency", "date"

_FIELD = re.compile(r"""([a-z][a-z0-9_]*):(?:"([^"]*)"|(\S+))""", re.IGNORECASE)
# A number alone may be an order: an amount has its fraction, its thousands or its sign.
_BARE_AMOUNT = re.compile(r"[€$£¥₹]?\d{1,3}(?:,\d{3})+(?:\.\d{1,3})?|[€$£¥₹]?\d+\.\d{2,3}|[€$£¥₹]\d+")
_SIGNS = {"€": "eur", "$": "usd", "£": "gbp", "¥": "jpy", "₹": "inr"}
_DAY_WORDS = {"today": 0, "yesterday": 1}
_NOT_FIELDS = frozenset({"http", "https"})


class TermNotRead(Exception):
    """A value that its field cannot read; its text is for the person."""


Reader = Callable[[str], Q]


@dataclass(frozen=True, slots=True)
class Terms:
    """condition: of the fields that the list knows. words: what is left for its text search. problems: sentences
    about what could not be read; where there are any, the list finds nothing."""

    condition: Q
    words: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """From and to in major units, or from and before as instants; None is open."""

    lower: Decimal | None
    upper: Decimal | None
    includes_lower: bool = True
    includes_upper: bool = True


def read_terms(text: str, fields: Mapping[str, Reader], currencies: Sequence[str] = ()) -> Terms:
    """fields: what the list knows, by name. currencies: ISO codes that count as such when written alone."""
    if not fields:
        # A reference may hold a colon: where no field is known, all are words.
        return Terms(Q(), " ".join(text.split()))
    condition, problems = Q(), []
    named, rest = _split(text)
    for name, value in [*named, *_bare(rest, fields, currencies)]:
        reader = fields.get(name)
        if reader is None:
            known = ", ".join(f"{field}:" for field in fields) or "none"
            problems.append(f"This list knows no “{name}:”. Its fields: {known}.")
            continue
        try:
            condition &= reader(value)
        except TermNotRead as error:
            problems.append(f"{name}: {error}")
    return Terms(condition, " ".join(rest), tuple(problems))


def _split(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    named: list[tuple[str, str]] = []

    def take(found: re.Match[str]) -> str:
        name = found[1].lower()
        if name in _NOT_FIELDS:
            return found[0]
        named.append((name, found[2] if found[2] is not None else found[3]))
        return " "

    return named, _FIELD.sub(take, text).split()


def _bare(rest: list[str], fields: Mapping[str, Reader], currencies: Sequence[str]) -> list[tuple[str, str]]:
    """Amounts, their currency and days that are written without a field's name; taken out of `rest`."""
    found: list[tuple[str, str]] = []
    for word in list(rest):
        lowered = word.lower()
        if AMOUNT in fields and _BARE_AMOUNT.fullmatch(word):
            found.append((AMOUNT, word.lstrip("".join(_SIGNS))))
            if word[0] in _SIGNS and CURRENCY in fields:
                found.append((CURRENCY, _SIGNS[word[0]]))
        elif DATE in fields and (lowered in _DAY_WORDS or _is_day(word)):
            found.append((DATE, word))
        else:
            continue
        rest.remove(word)
    if CURRENCY in fields and any(name == AMOUNT for name, _ in found):
        for word in [word for word in rest if word.lower() in currencies]:
            found.append((CURRENCY, word))
            rest.remove(word)
    return found


def read_amount(value: str) -> Span:
    """`12.50`, `>100`, `<=1,000`, `10..20` in major units. Raises TermNotRead."""
    if ".." in value:
        lower, _, upper = value.partition("..")
        return Span(_major(lower) if lower else None, _major(upper) if upper else None)
    sign = re.match(r"[<>]=?", value)
    if sign is None:
        exact = _major(value)
        return Span(exact, exact)
    number, includes = _major(value[sign.end() :]), sign[0].endswith("=")
    if sign[0].startswith(">"):
        return Span(number, None, includes_lower=includes)
    return Span(None, number, includes_upper=includes)


def _major(text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise TermNotRead(f"“{text}” is not an amount; write 12.50, >100 or 10..20.") from None
    if not number.is_finite() or abs(number) > 10**15:
        raise TermNotRead(f"“{text}” is not an amount; write 12.50, >100 or 10..20.")
    return number


def read_days(value: str, now: datetime) -> tuple[datetime, datetime]:
    """`today`, `yesterday`, `2026-11-20`, `2026-11`, `2026-11-01..2026-11-20`: from and before, as instants.

    now: in the person's zone, whose midnights bound the days. Raises TermNotRead.
    """
    first, is_range, last = value.partition("..")
    start, end = _days(first, now)
    return (start, _days(last, now)[1]) if is_range else (start, end)


def _days(text: str, now: datetime) -> tuple[datetime, datetime]:
    if text.lower() in _DAY_WORDS:
        day = now.date() - timedelta(days=_DAY_WORDS[text.lower()])
        return _midnight(day, now), _midnight(day + timedelta(days=1), now)
    if re.fullmatch(r"\d{4}-\d{2}", text):
        first = _day(f"{text}-01")
        return _midnight(first, now), _midnight((first + timedelta(days=31)).replace(day=1), now)
    day = _day(text)
    return _midnight(day, now), _midnight(day + timedelta(days=1), now)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
        # The day after it is asked for as well.
        day + timedelta(days=31)
    except (ValueError, OverflowError):
        raise TermNotRead(f"“{text}” is not a day; write today, yesterday, 2026-11-20 or 2026-11.") from None
    return day


def _is_day(word: str) -> bool:
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}(\.\.\d{4}-\d{2}-\d{2})?", word) is not None


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time.min, tzinfo=now.tzinfo)
