"""What readers yield, and the exact conversions they share: amounts as text to minor units, instants to UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import BinaryIO, NamedTuple

from foundation.money import EXPONENTS

MAX_REFERENCE = 128
MAX_DESCRIPTION = 255
MAX_TEXT = 2_000
MAX_MINOR = 10**15
"""Ten trillion dollars: far beyond any movement, and a thousand of them can be added without leaving bigint."""

MIN_RATE = Decimal("0.0000001")

# A currency that ISO 4217 does not know becomes a break anyway; its digits only have to be the same each time.
DIGITS_OF_UNKNOWN_CURRENCY = 2


class LineUnreadable(ValueError):
    """One line makes no sense; its text says why."""


class ReadLine(NamedTuple):
    """One movement. Amounts signed from the merchant's side; occurred_at and available_at: ISO text with a zone.

    original_…: of a movement in another currency than the account's, as the payer saw it; exchange_rate: major units of
    `currency` for one of it.
    """

    line_number: int
    line_key: str
    kind: str
    reference: str
    order_reference: str
    payout_reference: str
    currency: str
    gross_minor: int
    fee_minor: int
    occurred_at: str
    available_at: str | None
    description: str
    original_currency: str = ""
    original_minor: int | None = None
    exchange_rate: str | None = None


class Unread(NamedTuple):
    line_number: int
    text: str
    reason: str


class StatedBalance(NamedTuple):
    """A balance that the file itself states. which: opening or closing; as_of: ISO date."""

    which: str
    currency: str
    amount_minor: int
    as_of: str


Row = ReadLine | Unread | StatedBalance
Reader = Callable[[BinaryIO], Iterator[Row]]


def to_minor(text: str, currency: str) -> int:
    """ "-1234.5" of usd to -123450, exactly. Raises LineUnreadable, also for digits that the currency has not."""
    digits = EXPONENTS.get(currency, DIGITS_OF_UNKNOWN_CURRENCY)
    whole, _, part = text.strip().partition(".")
    negative = whole.startswith("-")
    whole = whole.lstrip("+-")
    if len(part) > digits:
        part, rest = part[:digits], part[digits:]
        if rest.strip("0"):
            raise LineUnreadable(f"{text!r} has more decimals than {currency.upper()} has.")
    both = (whole or "0") + part.ljust(digits, "0")
    if not (both.isascii() and both.isdigit()):
        raise LineUnreadable(f"{text!r} is not an amount.")
    minor = int(both)
    if minor > MAX_MINOR:
        raise LineUnreadable(f"{text!r} is absurdly large.")
    return -minor if negative else minor


def to_rate(text: str) -> str | None:
    """A rate as it is written, exactly; None for none. Raises LineUnreadable."""
    text = text.strip()
    if not text:
        return None
    try:
        rate = Decimal(text)
    except InvalidOperation:
        raise LineUnreadable(f"{text!r} is not a rate.") from None
    if not (rate.is_finite() and MIN_RATE <= rate <= 1 / MIN_RATE):
        raise LineUnreadable(f"{text!r} is no rate between currencies.")
    return str(rate)


def rate_between(original_minor: int, original: str, minor: int, currency: str) -> str | None:
    """The rate that two amounts of one movement tell, for a report that says no other. None when they tell none."""
    if original_minor * minor <= 0 or not {original, currency} <= set(EXPONENTS):
        return None
    units = Decimal(minor).scaleb(-EXPONENTS[currency]) / Decimal(original_minor).scaleb(-EXPONENTS[original])
    return to_rate(f"{units:.12f}")


def to_currency(text: str) -> str:
    """Three letters, lower case; ISO 4217 need not know them. Raises LineUnreadable."""
    if len(text) != 3 or not (text.isascii() and text.isalpha()):
        raise LineUnreadable(f"{text!r} is not a currency.")
    return text.lower()


def to_instant(text: str) -> str:
    """An ISO date or instant, in UTC unless it says otherwise. Raises LineUnreadable."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise LineUnreadable(f"{text!r} is not a time.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def from_date(day: date) -> str:
    """Midnight in UTC: a bank knows days only."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).isoformat()


def digest(*parts: object) -> str:
    """A line_key for lines that have none of their own: the same line gives the same digest in every file."""
    return sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:40]


def bank_line_key(
    bank_reference: str, end_to_end: str, booked: str, minor: int, currency: str, words: str
) -> str:
    """The same for one movement in every format of a bank that numbers its movements; else all that it says."""
    if bank_reference:
        return digest(bank_reference, end_to_end, minor, currency)
    return digest(end_to_end, booked, minor, currency, words)


def reference_of(text: str) -> str:
    """Raises LineUnreadable: a reference cut short would match the wrong thing."""
    if len(text) > MAX_REFERENCE:
        raise LineUnreadable(f"The reference {text[:40]!r}… is longer than {MAX_REFERENCE} characters.")
    return text
