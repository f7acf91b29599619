"""Bank statements in SWIFT's MT940, read by the mt-940 library, one message after another.

A message that the library cannot read is kept whole with its reason; the others are in.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

import mt940

from ledger.reconciliation import movements
from ledger.reconciliation.errors import StatementUnreadable
from ledger.reconciliation.importers.bank_words import payout_reference
from ledger.reconciliation.importers.lines import (
    MAX_DESCRIPTION,
    MAX_TEXT,
    LineUnreadable,
    ReadLine,
    Row,
    StatedBalance,
    Unread,
    bank_line_key,
    from_date,
    to_currency,
    to_minor,
)

_BALANCES = {"final_opening_balance": "opening", "final_closing_balance": "closing"}


def read_mt940(file: BinaryIO) -> Iterator[Row]:
    """Raises StatementUnreadable when there is no message."""
    number = messages = 0
    text = io.TextIOWrapper(file, encoding="utf-8", errors="replace")
    try:
        for first_line, message in _messages(text):
            messages += 1
            for row in _rows(message, first_line, number):
                # Movements are numbered through the file, those that cannot be read as well.
                number += not isinstance(row, StatedBalance)
                yield row
    finally:
        text.detach()
    if not messages:
        raise StatementUnreadable("The file holds no MT940 message.")


def _messages(text: io.TextIOWrapper) -> Iterator[tuple[int, str]]:
    """(number of its first line, text), each from its :20: on."""
    lines: list[str] = []
    begins_at = 0
    for number, line in enumerate(text, start=1):
        if line.startswith(":20:"):
            if lines:
                yield begins_at, "".join(lines)
            lines, begins_at = [], number
        if begins_at and not line.startswith(("-", "{")):
            lines.append(line)
    if lines:
        yield begins_at, "".join(lines)


def _rows(message: str, first_line: int, number: int) -> Iterator[Row]:
    try:
        statement = mt940.parse(message)
        transactions = list(statement)
    except Exception as error:
        yield Unread(
            first_line, message[:MAX_TEXT], f"Not MT940: {type(error).__name__}: {error}"[:MAX_DESCRIPTION]
        )
        return
    if statement.data.get("final_opening_balance") is None and not transactions:
        yield Unread(first_line, message[:MAX_TEXT], "The message holds no balance and no movement.")
        return
    for name, which in _BALANCES.items():
        balance = statement.data.get(name)
        if balance is not None and balance.amount is not None:
            currency = to_currency(balance.amount.currency)
            yield StatedBalance(
                which, currency, _minor(balance.amount.amount, currency), from_date(balance.date)
            )
    for place, transaction in enumerate(transactions, start=1):
        try:
            yield _line(transaction.data, number + place)
        except LineUnreadable as error:
            yield Unread(number + place, str(transaction.data)[:MAX_TEXT], str(error))


def _line(said: dict[str, Any], number: int) -> ReadLine:
    amount = said.get("amount")
    if amount is None or not amount.currency:
        raise LineUnreadable(
            "The movement has no amount, or its message no balance to take the currency from."
        )
    currency = to_currency(amount.currency)
    minor = _minor(amount.amount, currency)
    booked = from_date(said.get("entry_date") or said["date"])
    customer_reference = (said.get("customer_reference") or "").strip()
    details = said.get("transaction_details") or said.get("extra_details") or ""
    end_to_end = said.get("end_to_end_reference") or customer_reference
    return ReadLine(
        number,
        bank_line_key(said.get("bank_reference") or "", end_to_end, booked, minor, currency, details),
        movements.PAYOUT if minor > 0 else movements.OTHER,
        payout_reference(end_to_end, details, said.get("purpose") or ""),
        end_to_end[:64],
        "",
        currency,
        minor,
        0,
        booked,
        from_date(said["date"]),
        " ".join(details.split())[:MAX_DESCRIPTION],
    )


def _minor(amount: Decimal, currency: str) -> int:
    return to_minor(f"{amount:f}", currency)
