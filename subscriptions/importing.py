"""A line of a file of subscriptions, read: text by column to values. Free of the database.

Columns: key, customer, price, period_start, period_end; and, where they are not empty, quantity, started_at,
anchor_day, payment_method, collection_method, days_until_due, is_trial, is_paid, cancel_at_period_end, description.
price: ids or lookup keys, several with a semicolon between, and as many quantities. Instants are ISO 8601 with their
offset; a date alone is its first instant in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from subscriptions.models import CollectionMethod

NEEDED = ("key", "customer", "price", "period_start", "period_end")
OPTIONAL = (
    "quantity",
    "started_at",
    "anchor_day",
    "payment_method",
    "collection_method",
    "days_until_due",
    "is_trial",
    "is_paid",
    "cancel_at_period_end",
    "description",
)
COLUMNS = (*NEEDED, *OPTIONAL)
WORDS = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}
MAX_KEY = 200
LAST_DAY = 31


class LineInvalid(ValueError):
    """The line can not be read; the sentence says why."""


@dataclass(frozen=True, slots=True)
class NamedItem:
    price: str
    quantity: int | None


@dataclass(frozen=True, slots=True)
class ImportLine:
    """customer, payment_method: public ids."""

    key: str
    customer: str
    items: tuple[NamedItem, ...]
    started_at: datetime
    period_start_at: datetime
    period_end_at: datetime
    anchor_day: int | None
    payment_method: str
    collection_method: CollectionMethod
    days_until_due: int | None
    is_trial: bool
    is_paid: bool
    cancel_at_period_end: bool
    description: str


def read_line(line: dict[str, str]) -> ImportLine:
    """Raises LineInvalid."""
    texts = {name: (line.get(name) or "").strip() for name in COLUMNS}
    for name in NEEDED:
        if not texts[name]:
            raise LineInvalid(f"{name} is empty.")
    if len(texts["key"]) > MAX_KEY:
        raise LineInvalid(f"key is longer than {MAX_KEY} characters.")
    start, end = _instant(texts, "period_start"), _instant(texts, "period_end")
    if end <= start:
        raise LineInvalid("period_end is not after period_start.")
    started = _instant(texts, "started_at") if texts["started_at"] else start
    if started > start:
        raise LineInvalid("started_at is after period_start.")
    day = _number(texts, "anchor_day")
    if day is not None and not 1 <= day <= LAST_DAY:
        raise LineInvalid("anchor_day is a day of the month, 1 to 31.")
    return ImportLine(
        key=texts["key"],
        customer=texts["customer"],
        items=_items(texts),
        started_at=started,
        period_start_at=start,
        period_end_at=end,
        anchor_day=day,
        payment_method=texts["payment_method"],
        collection_method=_collection_method(texts),
        days_until_due=_number(texts, "days_until_due"),
        is_trial=_word(texts, "is_trial"),
        is_paid=_word(texts, "is_paid"),
        cancel_at_period_end=_word(texts, "cancel_at_period_end"),
        description=texts["description"][:500],
    )


def _items(texts: dict[str, str]) -> tuple[NamedItem, ...]:
    prices = [text.strip() for text in texts["price"].split(";")]
    quantities = [text.strip() for text in texts["quantity"].split(";")] if texts["quantity"] else []
    if quantities and len(quantities) != len(prices):
        raise LineInvalid("There are not as many quantities as prices.")
    numbers = [_whole("quantity", text) if text else None for text in quantities or [""] * len(prices)]
    return tuple(NamedItem(price, number) for price, number in zip(prices, numbers, strict=True))


def _instant(texts: dict[str, str], name: str) -> datetime:
    text = texts[name]
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise LineInvalid(f"{name} is no instant, such as 2026-02-28T00:00:00+00:00: {text!r}.") from None
    is_date = len(text) == len("2026-02-28")
    if at.tzinfo is None and not is_date:
        raise LineInvalid(f"{name} has no offset from UTC: {text!r}.")
    return (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)).replace(microsecond=0)


def _number(texts: dict[str, str], name: str) -> int | None:
    return _whole(name, texts[name]) if texts[name] else None


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise LineInvalid(f"{name} is no whole number: {text!r}.")
    return int(text)


def _word(texts: dict[str, str], name: str) -> bool:
    known = WORDS.get(texts[name].lower())
    if known is None:
        raise LineInvalid(f"{name} is yes or no: {texts[name]!r}.")
    return known


def _collection_method(texts: dict[str, str]) -> CollectionMethod:
    text = texts["collection_method"] or CollectionMethod.CHARGE_AUTOMATICALLY.value
    if text not in CollectionMethod.values:
        raise LineInvalid(f"collection_method is one of {', '.join(CollectionMethod.values)}: {text!r}.")
    return CollectionMethod(text)
