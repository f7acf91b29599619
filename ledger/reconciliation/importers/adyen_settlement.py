"""Adyen's settlement detail report: CSV, one journal line a row, amounts in debit and credit columns.

Gross is in the shopper's currency and net in the account's: gross is taken as net plus fees, all in the account's
currency, and what the shopper paid is kept beside it with the rate. A line has no id; type, references and batch name
it.
Source: https://docs.adyen.com/reporting/settlement-reconciliation/transaction-level/settlement-details-report/,
read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.reconciliation import movements
from ledger.reconciliation.importers.csv_rows import Columns, RowReader, read_csv
from ledger.reconciliation.importers.lines import (
    MAX_DESCRIPTION,
    LineUnreadable,
    ReadLine,
    Row,
    digest,
    reference_of,
    to_currency,
    to_instant,
    to_minor,
    to_rate,
)

KINDS = {
    "Settled": movements.CHARGE,
    "SettledInInstallments": movements.CHARGE,
    "Refunded": movements.REFUND,
    "RefundedReversed": movements.REFUND_FAILURE,
    "RefundedExternally": movements.REFUND,
    "Chargeback": movements.DISPUTE,
    "SecondChargeback": movements.DISPUTE,
    "ChargebackReversed": movements.DISPUTE,
    "MerchantPayout": movements.PAYOUT,
    "Fee": movements.FEE,
    "InvoiceDeduction": movements.FEE,
}
# Of a debit nothing can be disputed: its bank took the money back, under the name of the payment itself.
TAKEN_BACK = "Chargeback"
DEBITS = {"sepadirectdebit", "ach"}
# All steps of a dispute have its one reference: the notification that told of a step names it with its code.
STEPS = {
    "Chargeback": "CHARGEBACK",
    "SecondChargeback": "SECOND_CHARGEBACK",
    "ChargebackReversed": "CHARGEBACK_REVERSED",
}
NAMED_BY_MODIFICATION = {movements.REFUND, movements.REFUND_FAILURE, movements.PAYOUT}
FEES = ("Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)")
GROSS = ("Gross Currency", "Gross Debit (GC)", "Gross Credit (GC)", "Exchange Rate")
# The report writes the zone as an abbreviation; IANA knows it under another name.
ZONES = {
    "CET": "Europe/Amsterdam",
    "CEST": "Europe/Amsterdam",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "EST": "America/New_York",
    "EDT": "America/New_York",
}


def read_adyen_settlement(file: BinaryIO) -> Iterator[Row]:
    """Raises StatementUnreadable when a column is missing."""
    return read_csv(file, _reader_of)


def _reader_of(columns: Columns) -> RowReader:
    names = (
        "Psp Reference",
        "Merchant Reference",
        "Creation Date",
        "TimeZone",
        "Type",
        "Modification Reference",
        "Modification Merchant Reference",
        "Net Currency",
        "Net Debit (NC)",
        "Net Credit (NC)",
        "Batch Number",
    )
    places = {name: columns[name] for name in (*names, *FEES)}
    method = columns.get("Payment Method", -1)
    gross = [columns.get(name, -1) for name in GROSS]

    def read_row(row: Sequence[str], number: int) -> ReadLine:
        line = _line_of({name: row[place].strip() for name, place in places.items()}, row, method, number)
        return _with_original(line, [row[place].strip() if place >= 0 else "" for place in gross])

    return read_row


def _line_of(cells: dict[str, str], row: Sequence[str], method: int, number: int) -> ReadLine:
    kind = KINDS.get(cells["Type"], movements.OTHER)
    paid_by = row[method] if method >= 0 else ""
    is_return = cells["Type"] == TAKEN_BACK and paid_by in DEBITS
    if is_return:
        kind = movements.REFUND_FAILURE
    currency = to_currency(cells["Net Currency"])
    net = to_minor(cells["Net Credit (NC)"] or "0", currency) - to_minor(
        cells["Net Debit (NC)"] or "0", currency
    )
    fee = sum(to_minor(cells[name] or "0", currency) for name in FEES)
    psp_reference, modification = cells["Psp Reference"], cells["Modification Reference"]
    is_named_by_modification = kind in NAMED_BY_MODIFICATION and not is_return
    reference = modification if is_named_by_modification and modification else psp_reference
    if kind == movements.DISPUTE and modification:
        reference = f"{STEPS[cells['Type']]}:{modification}"
    if kind == movements.PAYOUT:
        # Adyen's own words for it are free text: "TX…XT batch 12, Shop"; the name we gave it comes first.
        reference = cells["Modification Merchant Reference"] or modification.partition(" ")[0]
    batch = cells["Batch Number"]
    if not (reference or kind in (movements.PAYOUT, movements.FEE, movements.OTHER)):
        raise LineUnreadable("The row has no Psp Reference.")
    return ReadLine(
        number,
        digest(cells["Type"], psp_reference, modification, batch),
        kind,
        reference_of(reference),
        reference_of(cells["Merchant Reference"]),
        reference_of(batch),
        currency,
        net + fee,
        fee,
        _instant(cells["Creation Date"], cells["TimeZone"]),
        None,
        (paid_by or cells["Type"])[:MAX_DESCRIPTION],
    )


def _with_original(line: ReadLine, gross: list[str]) -> ReadLine:
    currency, debit, credit, rate = gross
    if not currency or currency.lower() == line.currency:
        return line
    original = to_currency(currency)
    return line._replace(
        original_currency=original,
        original_minor=to_minor(credit or "0", original) - to_minor(debit or "0", original),
        exchange_rate=to_rate(rate),
    )


def _instant(text: str, zone: str) -> str:
    if not zone or zone == "UTC":
        return to_instant(text)
    try:
        place = ZoneInfo(ZONES.get(zone, zone))
    except (ZoneInfoNotFoundError, ValueError):
        raise LineUnreadable(f"{zone!r} is no time zone that is known.") from None
    return datetime.fromisoformat(to_instant(text)).replace(tzinfo=place).isoformat()
