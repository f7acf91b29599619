"""The shapes of posting: a line, an entry to post, an entry posted; and what makes two entries the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from foundation.money import Money
from ledger.errors import EntryMalformed

MAX_LINES = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """amount: debit positive, credit negative, never zero. path: `assets/psp_clearing/psp_…`."""

    path: str
    amount: Money


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What an entry says. reference is unique per merchant; source and external reference are opaque."""

    kind: str
    reference: str
    lines: Sequence[Line]
    effective_at: datetime
    source_kind: str = ""
    source_id: UUID | None = None
    external_reference: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class PostedEntry:
    """is_new is False when the reference had been posted before with these lines: nothing moved."""

    id: UUID
    is_new: bool


def refuse_unless_whole(lines: Sequence[Line], reference: str) -> None:
    """Raises EntryMalformed. The database checks it again at commit; here it is still beside its cause."""
    if not 2 <= len(lines) <= MAX_LINES:
        raise EntryMalformed(f"Entry {reference} has {len(lines)} lines; an entry has 2 to {MAX_LINES}.")
    totals: Counter[str] = Counter()
    for line in lines:
        if line.amount.is_zero:
            raise EntryMalformed(f"Entry {reference} moves nothing on {line.path}: leave such a line out.")
        totals[line.amount.currency] += line.amount.amount_minor
    for currency, total in totals.items():
        if total:
            raise EntryMalformed(f"Entry {reference} is out of balance by {Money(total, currency)}.")


def content_hash(kind: str, lines: Sequence[Line], reverses: UUID | None = None) -> bytes:
    """SHA-256 over the kind, the entry reversed, and the lines in any order.

    Dates, sources and descriptions stay out: a repeat after a crash may be made with a later clock.
    """
    told = sorted(f"{line.path} {line.amount.currency} {line.amount.amount_minor}" for line in lines)
    return sha256("\n".join([kind, str(reverses or ""), *told]).encode()).digest()
