"""The merchant's bank: an account per currency on which payouts arrive, and its statements day by day.

Lives here: what was booked and when, and differences planted among it. Does not live here: how a statement is
written (`camt.py`, `mt940.py`).
"""

import hashlib
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from ..books import Body, Books
from ..ids import derived_text
from .amounts import day
from .wishes import Differences, Wish

BIC = "SNDBGB2LXXX"
BANK_NAME = "Sandbox Bank"
PAYER_NAME = "STRIPE PAYMENTS SANDBOX"
KINDS = ("missing", "extra", "amount_differs", "duplicate", "late")
DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class BankEntry:
    """A credit of `amount` minor units. `end_to_end` is the payout's trace id, `reference` the bank's own."""

    payout: str
    reference: str
    end_to_end: str
    currency: str
    amount: int
    booked_at: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One account, one day on which something was booked; `number` counts the account's statements."""

    iban: str
    currency: str
    day: str
    number: int
    opening: int
    entries: tuple[BankEntry, ...]

    @property
    def closing(self) -> int:
        return self.opening + sum(entry.amount for entry in self.entries)


def statements(books: Books, wish: Wish) -> tuple[list[Statement], list[Body]]:
    """Those of the days asked for, and what was planted in them. Balances and numbers count from the
    account's first day on."""
    records = books.select(
        "payouts",
        "account = ? AND status = 'paid' AND arrival_date < ? AND (? IS NULL OR currency = ?)",
        (wish.account, wish.ends_at, wish.currency, wish.currency),
        "ORDER BY currency, arrival_date, seq",
    )
    entries = [_entry(record.body) for record in records]
    # A statement holds its whole day, whatever the hour asked for.
    first_day = day(wish.starts_at)
    earlier = [entry for entry in entries if day(entry.booked_at) < first_day]
    shown = [entry for entry in entries if day(entry.booked_at) >= first_day]
    shown, planted = _plant(shown, wish.differences)
    found: list[Statement] = []
    ordered = sorted([*earlier, *shown], key=lambda entry: (entry.currency, entry.booked_at))
    for currency, mine in groupby(ordered, key=lambda entry: entry.currency):
        found += _of_account(iban(wish.account, currency), currency, mine)
    return [statement for statement in found if statement.day >= first_day], planted


def iban(account: str, currency: str) -> str:
    """A British account number with a correct check sum, the same for the same account and currency."""
    digits = int.from_bytes(hashlib.sha256(f"{account}/{currency}".encode()).digest()[:8], "big") % 10**14
    bban = f"SNDB{digits:014d}"
    as_digits = "".join(str(int(character, 36)) for character in f"{bban}GB00")
    return f"GB{98 - int(as_digits) % 97:02d}{bban}"


def _entry(payout: Body) -> BankEntry:
    return BankEntry(
        payout=payout["id"],
        reference=_bank_reference(payout["id"]),
        end_to_end=payout["trace_id"]["value"],
        currency=payout["currency"],
        amount=payout["amount"],
        booked_at=payout["arrival_date"],
    )


def _bank_reference(seed: str) -> str:
    """At most 16 characters, since MT940 has room for no more."""
    return f"BK{derived_text(seed, 12).upper()}"


def _of_account(number: str, currency: str, entries: Iterable[BankEntry]) -> list[Statement]:
    found: list[Statement] = []
    balance = 0
    for booking_day, of_day in groupby(entries, key=lambda entry: day(entry.booked_at)):
        statement = Statement(number, currency, booking_day, len(found) + 1, balance, tuple(of_day))
        balance = statement.closing
        found.append(statement)
    return found


def _plant(entries: list[BankEntry], wanted: Differences) -> tuple[list[BankEntry], list[Body]]:
    kinds = [kind for kind in wanted.kinds if kind in KINDS]
    if not wanted.rate or not entries or not kinds:
        return entries, []
    count = min(len(entries), max(math.ceil(wanted.rate * len(entries)), len(kinds)))
    queue, planted, shown = deque(kinds), [], []
    ordered = sorted(entries, key=lambda entry: _number(wanted.seed, entry))
    chosen = {}
    for entry in ordered[:count]:
        chosen[entry.payout] = queue[0]
        queue.rotate(-1)
    for entry in entries:
        kind = chosen.get(entry.payout)
        reported = [entry] if kind is None else _spoil(entry, kind, wanted)
        shown += reported
        if kind is not None:
            planted.append(_note(kind, entry, reported))
    return shown, planted


def _spoil(entry: BankEntry, kind: str, wanted: Differences) -> list[BankEntry]:
    number = _number(wanted.seed, entry)
    again = replace(entry, reference=_bank_reference(f"{wanted.seed}/{entry.payout}"))
    match kind:
        case "missing":
            return []
        case "extra":
            stranger = replace(
                again, payout="", end_to_end=f"{number % 10**15:015d}", amount=1000 + number % 9000
            )
            return [entry, stranger]
        case "duplicate":
            return [entry, again]
        case "late":
            return [replace(entry, booked_at=entry.booked_at + wanted.late_days * DAY)]
    return [replace(entry, amount=entry.amount + 1 + number % 100)]


def _number(seed: int, entry: BankEntry) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{entry.payout}".encode()).digest()[:8], "big")


def _note(kind: str, entry: BankEntry, reported: list[BankEntry]) -> Body:
    shown = reported[-1] if reported else None
    return {
        "kind": kind,
        "booked": None if kind == "extra" else facts(entry),
        "reported": facts(shown) if shown else None,
    }


def facts(entry: BankEntry) -> Body:
    return {
        "payout": entry.payout,
        "bank_reference": entry.reference,
        "end_to_end": entry.end_to_end,
        "currency": entry.currency,
        "amount_minor": entry.amount,
        "booked_on": day(entry.booked_at),
    }
