"""The orders to replay: from the CSV files of DEMO_ORDERS_CSV and DEMO_REFUNDS_CSV, else a seeded shop's day."""

from __future__ import annotations

import csv
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

SEED = 20_261_120
SHOP_OPENS = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
COUNTRIES = ["United Kingdom"] * 8 + ["Germany", "France"]


@dataclass(frozen=True, slots=True)
class Order:
    """A sale. amount in minor units of currency; created in the shop's local time."""

    invoice: str
    customer: str
    country: str
    created: str
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class CreditNote:
    """One line of a credit note: money to give back for one sale, or for one that the data does not name (empty)."""

    credit_note: str
    line: int
    created: str
    currency: str
    amount: int
    original_invoice: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The cardholder of a sale will dispute it. token: the PSP's magic card that does. answer: what the shop does about
    it: a word of disputing.ANSWERS."""

    invoice: str
    token: str
    answer: str


@dataclass(frozen=True, slots=True)
class ShopDay:
    orders: list[Order]
    credit_notes: list[CreditNote]
    claims: list[Claim] = field(default_factory=list)


def load_shop_day(*, limit: int, orders_csv: str, refunds_csv: str) -> ShopDay:
    """The first `limit` orders, and the credit notes written until the last of them."""
    if not orders_csv:
        return _generated(limit)
    orders: list[Order] = []
    for row in _rows(orders_csv):
        if len(orders) == limit:
            break
        orders.append(
            Order(
                row["invoice"],
                row["customer"],
                row["country"],
                row["created"],
                row["currency"].lower(),
                int(row["amount"]),
            )
        )
    until = max((order.created for order in orders), default="")
    notes = [
        CreditNote(
            row["credit_note"],
            line,
            row["created"],
            row["currency"].lower(),
            int(row["amount"]),
            row["original_invoice"],
        )
        for line, row in enumerate(_rows(refunds_csv), start=1)
        if row["created"] <= until
    ]
    return ShopDay(orders, notes)


def share_of(invoice: str, per_mille: int) -> bool:
    """Whether this invoice is among a stable share of all, in thousandths: the same in every run."""
    digest = hashlib.sha256(invoice.encode()).digest()
    return int.from_bytes(digest[:4], "big") % 1_000 < per_mille


def _generated(limit: int) -> ShopDay:
    chance = random.Random(SEED)
    orders: list[Order] = []
    notes: list[CreditNote] = []
    instant = SHOP_OPENS
    for number in range(limit):
        instant += timedelta(seconds=chance.randint(5, 40))
        currency = chance.choices(["gbp", "eur", "usd", "jpy"], [6, 2, 1, 1])[0]
        amount = chance.randint(300, 40_000)
        invoice = f"{100_000 + number}"
        created = f"{instant:%Y-%m-%d %H:%M:%S}"
        orders.append(
            Order(
                invoice,
                str(chance.randint(10_000, 10_400)),
                chance.choice(COUNTRIES),
                created,
                currency,
                amount,
            )
        )
        if chance.random() < 0.12:
            part = amount if chance.random() < 0.4 else chance.randint(1, amount)
            notes.append(CreditNote(f"C{invoice}", 1, created, currency, part, invoice))
    # What happens in life: a credit note for a sale that nobody can find.
    notes.append(CreditNote("C999999", 1, f"{instant:%Y-%m-%d %H:%M:%S}", "gbp", 1_250, ""))
    return ShopDay(orders, notes)


def _rows(path: str) -> Iterator[dict[str, str]]:
    if not path:
        return
    with Path(path).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)
