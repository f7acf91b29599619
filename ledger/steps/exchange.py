"""Entries that turn one currency into another: through the fx account of the pair, with the rate kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from foundation.ids import new_id
from foundation.money import Money
from foundation.transactions import joins_transaction
from ledger.errors import RateDoesNotFit
from ledger.models import Exchange
from ledger.paths import fx_path
from ledger.steps.lines import Line, NewEntry, PostedEntry
from ledger.steps.post_entries import post_entries
from ledger.steps.post_entry import post_linked_entry


@dataclass(frozen=True, slots=True)
class Conversion:
    """sold became bought. rate: major units of the bought currency for one of the sold, as it was quoted."""

    sold: Money
    bought: Money
    rate: Decimal
    rate_source: str
    quoted_at: datetime


def conversion_lines(conversion: Conversion) -> list[Line]:
    """What the fx account takes of the sold currency and gives of the bought one."""
    path = fx_path(conversion.sold.currency, conversion.bought.currency)
    return [Line(path, conversion.sold), Line(path, -conversion.bought)]


@joins_transaction
def post_exchange(*, merchant_id: UUID, entry: NewEntry, conversions: Sequence[Conversion]) -> PostedEntry:
    """Post an entry of several currencies.

    entry: the lines of the accounts between which the money moved; those of the fx accounts are added here.
    Raises: RateDoesNotFit; as post_entry.
    Writes: one JournalEntry, its Postings, one Exchange per conversion.
    Safe to repeat: by the entry's reference.
    """
    for conversion in conversions:
        refuse_unless_at_rate(conversion)
    lines = [*entry.lines, *(line for c in conversions for line in conversion_lines(c))]
    posted = post_linked_entry(merchant_id, replace(entry, lines=lines))
    if posted.is_new:
        Exchange.objects.for_merchant(merchant_id).bulk_create(
            [_exchange(merchant_id, posted.id, n, c) for n, c in enumerate(conversions, start=1)]
        )
    return posted


@joins_transaction
def post_exchanges_of(
    *, merchant_id: UUID, entries: Sequence[tuple[NewEntry, Sequence[Conversion]]]
) -> list[PostedEntry]:
    """post_exchange for many entries, one statement per thousand. Raises, writes and repeats as post_exchange."""
    whole: list[NewEntry] = []
    for entry, conversions in entries:
        for conversion in conversions:
            refuse_unless_at_rate(conversion)
        lines = [*entry.lines, *(line for c in conversions for line in conversion_lines(c))]
        whole.append(replace(entry, lines=lines))
    posted = post_entries(merchant_id=merchant_id, entries=whole)
    Exchange.objects.for_merchant(merchant_id).bulk_create(
        [
            _exchange(merchant_id, done.id, n, conversion)
            for done, (_, conversions) in zip(posted, entries, strict=True)
            if done.is_new
            for n, conversion in enumerate(conversions, start=1)
        ]
    )
    return posted


def refuse_unless_at_rate(conversion: Conversion) -> None:
    """Raises RateDoesNotFit unless bought is sold at the rate, but for a minor unit and the rate's last digit."""
    sold, bought, rate = conversion.sold, conversion.bought, conversion.rate
    if sold.currency == bought.currency or not (sold.amount_minor > 0 < bought.amount_minor) or rate <= 0:
        raise RateDoesNotFit(f"{sold} for {bought} at {rate} is no exchange.")
    units = Fraction(sold.amount_minor) * Fraction(10) ** (bought.exponent - sold.exponent)
    digits = rate.as_tuple().exponent
    half_a_digit = Fraction(10) ** int(digits) / 2
    if abs(units * Fraction(rate) - bought.amount_minor) > 1 + units * half_a_digit:
        raise RateDoesNotFit(f"{sold} at {rate} is not {bought}.")


def _exchange(merchant_id: UUID, entry_id: UUID, number: int, conversion: Conversion) -> Exchange:
    return Exchange(
        id=new_id(),
        merchant_id=merchant_id,
        entry_id=entry_id,
        number=number,
        sold_minor=conversion.sold.amount_minor,
        sold_currency=conversion.sold.currency,
        bought_minor=conversion.bought.amount_minor,
        bought_currency=conversion.bought.currency,
        rate=conversion.rate,
        rate_source=conversion.rate_source,
        quoted_at=conversion.quoted_at,
    )
