"""What a PSP's lines say of currencies: what was booked in one is owed in another, at the told rate, less the fee.

Reads settled_fx, which the rule fx_tolerance has filled.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from foundation.money import Money
from foundation.transactions import joins_transaction
from ledger.errors import RateDoesNotFit
from ledger.models import ReconciliationRun
from ledger.queries.periods import find_last_closed_period
from ledger.reconciliation.accounts import PSP_FEES, clearing_path
from ledger.steps import Conversion, Line, NewEntry, PostedEntry, post_exchanges_of, refuse_unless_at_rate

SETTLED_IN_ANOTHER_CURRENCY = "settled_in_another_currency"
"""The kind of these entries: each is matched with its line the moment it is posted."""

AT_ONCE = 1_000
_DIGITS_OF_RATE = Decimal(10) ** -18

_READ = """
SELECT line_id, psp_account, reference, currency, original_currency, gross, fee, booked, rate, at
FROM settled_fx ORDER BY line_id
"""
_MATCH = """
INSERT INTO ledger_reconciliationmatch (merchant_id, line_id, entry_id, source, rule, run_id)
SELECT %(merchant)s, line_id, entry_id, 'psp', 'fx_tolerance', %(run)s
FROM unnest(%(lines)s::bigint[], %(entries)s::uuid[]) AS m (line_id, entry_id)
"""


class Settled(NamedTuple):
    """A line and what we booked for it, in minor units of two currencies. rate: of `currency` for one of the other."""

    line_id: int
    psp_account: str
    reference: str
    currency: str
    original_currency: str
    gross: int
    fee: int
    booked: int
    rate: Decimal
    at: datetime


@joins_transaction
def post_exchanges(run: ReconciliationRun) -> None:
    """Per line: Cr clearing in the booked currency / Dr clearing in the settled one, through the fx account with the
    rate kept; Dr PSP fees / Cr clearing for the fee that the line tells. A refund the other way round.

    Writes JournalEntries with their Exchanges, and the ReconciliationMatches of the lines with them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ)
        settled = [Settled(*row) for row in cursor.fetchall()]
        for first in range(0, len(settled), AT_ONCE):
            lines = settled[first : first + AT_ONCE]
            posted = _post(run.merchant_id, lines)
            cursor.execute(_MATCH, _match_parameters(run, lines, posted))


def _post(merchant_id: UUID, settled: list[Settled]) -> list[PostedEntry]:
    closed = find_last_closed_period(merchant_id)
    open_from = closed.ends_at if closed else None
    return post_exchanges_of(
        merchant_id=merchant_id,
        entries=[(_entry(line, open_from), [_conversion(line)]) for line in settled],
    )


def _match_parameters(
    run: ReconciliationRun, settled: list[Settled], posted: list[PostedEntry]
) -> dict[str, Any]:
    return {
        "merchant": run.merchant_id,
        "run": run.id,
        "lines": [line.line_id for line in settled],
        "entries": [entry.id for entry in posted],
    }


def _entry(line: Settled, open_from: datetime | None) -> NewEntry:
    clearing = clearing_path(line.psp_account)
    booked, gross = Money(line.booked, line.original_currency), Money(line.gross, line.currency)
    lines = [Line(clearing, -booked), Line(clearing, gross)]
    if line.fee:
        fee = Money(line.fee, line.currency)
        lines += [Line(PSP_FEES, fee), Line(clearing, -fee)]
    return NewEntry(
        kind=SETTLED_IN_ANOTHER_CURRENCY,
        reference=f"settled:{line.line_id}",
        lines=lines,
        effective_at=max(line.at, open_from) if open_from else line.at,
        source_kind="statement_line",
        external_reference=line.reference,
        description=f"{booked} settled as {gross} at {line.rate.normalize():f}",
    )


def _conversion(line: Settled) -> Conversion:
    booked, gross = Money(line.booked, line.original_currency), Money(line.gross, line.currency)
    if line.booked > 0:
        return _at_rate(line, booked, gross, line.rate)
    # Of money that goes back, the account's currency is sold for what was booked.
    inverse = _at_rate(line, -gross, -booked, _rounded(1 / line.rate))
    try:
        refuse_unless_at_rate(inverse)
    except RateDoesNotFit:
        # The told rate has too few digits to be turned round: the two amounts are the rate.
        units = Decimal(-line.booked).scaleb(-booked.exponent) / Decimal(-line.gross).scaleb(-gross.exponent)
        return _at_rate(line, -gross, -booked, _rounded(units))
    return inverse


def _at_rate(line: Settled, sold: Money, bought: Money, rate: Decimal) -> Conversion:
    said = f"settlement of {line.psp_account}"[:64]
    return Conversion(sold, bought, rate, rate_source=said, quoted_at=line.at)


def _rounded(rate: Decimal) -> Decimal:
    return rate.quantize(_DIGITS_OF_RATE, ROUND_HALF_EVEN)
