"""Stripe's itemised reports: balance changes, payout reconciliation, payouts. CSV, one balance transaction a row.

The first two tell of the same balance transactions under the same ids, so a line that came with one is known in the
other; the second adds which payout a line was paid in. Payouts themselves are in the third only; its available_at
is the day the money is expected at the bank.
Source: https://docs.stripe.com/reports/report-types (balance_change_from_activity.itemized,
payout_reconciliation.itemized, payouts.itemized), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import BinaryIO

from ledger.reconciliation import movements
from ledger.reconciliation.importers.csv_rows import Columns, RowReader, first_of, read_csv
from ledger.reconciliation.importers.lines import (
    MAX_DESCRIPTION,
    LineUnreadable,
    ReadLine,
    Row,
    rate_between,
    reference_of,
    to_currency,
    to_instant,
    to_minor,
)

# Reporting categories, and beside them the types of balance transactions that older exports carry.
KINDS = {
    "charge": movements.CHARGE,
    "payment": movements.CHARGE,
    "partial_capture_reversal": movements.CHARGE,
    "refund": movements.REFUND,
    "payment_refund": movements.REFUND,
    "refund_failure": movements.REFUND_FAILURE,
    "charge_failure": movements.REFUND_FAILURE,
    "payment_failure_refund": movements.REFUND_FAILURE,
    "payout": movements.PAYOUT,
    "payout_reversal": movements.PAYOUT,
    "payout_failure": movements.PAYOUT,
    "dispute": movements.DISPUTE,
    "dispute_reversal": movements.DISPUTE,
    "fee": movements.FEE,
    "stripe_fee": movements.FEE,
    "network_cost": movements.FEE,
}


def read_stripe_report(file: BinaryIO) -> Iterator[Row]:
    """Raises StatementUnreadable when a column is missing."""
    return read_csv(file, _reader_of)


def _reader_of(columns: Columns) -> RowReader:
    optional = [
        next((columns[name] for name in names if name in columns), -1)
        for names in (
            ("payment_intent_id", "trace_id"),
            ("automatic_payout_id", "payout_id"),
            ("available_on_utc", "available_on", "payout_expected_arrival_date"),
            ("description",),
            ("customer_facing_amount",),
            ("customer_facing_currency",),
        )
    ]
    needed = [
        columns["balance_transaction_id"],
        first_of(columns, "created_utc", "created", "effective_at_utc", "effective_at"),
        columns["currency"],
        columns["gross"],
        columns["fee"],
        columns["net"],
        first_of(columns, "reporting_category", "type"),
        first_of(columns, "source_id", "charge_id", "payout_id"),
    ]
    return partial(_read_row, needed, optional)


def _read_row(needed: list[int], optional: list[int], row: Sequence[str], number: int) -> ReadLine:
    key, created, currency_text, gross_text, fee_text, net_text, category, source = [
        row[place] for place in needed
    ]
    intent, payout, available, description, faced, faced_currency = [
        row[place] if place >= 0 else "" for place in optional
    ]
    if not key:
        raise LineUnreadable("The row has no balance_transaction_id.")
    kind = KINDS.get(category, movements.OTHER)
    currency = to_currency(currency_text)
    gross, fee = to_minor(gross_text, currency), to_minor(fee_text, currency)
    if gross - fee != to_minor(net_text, currency):
        raise LineUnreadable("The net is not the gross less the fee.")
    line = ReadLine(
        number,
        reference_of(key),
        kind,
        # Every movement of a dispute has the dispute as its source; the dispute itself names them by their own ids.
        reference_of(key if kind == movements.DISPUTE else source),
        reference_of(intent),
        reference_of(payout),
        currency,
        gross,
        fee,
        to_instant(created),
        to_instant(available) if available else None,
        description[:MAX_DESCRIPTION],
    )
    return _with_original(line, faced, faced_currency) if faced and faced_currency else line


def _with_original(line: ReadLine, amount: str, currency_text: str) -> ReadLine:
    # The report says what the customer paid, and no rate: the two amounts are it.
    original = to_currency(currency_text)
    if original == line.currency:
        return line
    minor = to_minor(amount, original)
    return line._replace(
        original_currency=original,
        original_minor=minor,
        exchange_rate=rate_between(minor, original, line.gross_minor, line.currency),
    )
