"""Bank statements as MT940: one message per account and day.

Fields and lengths: SWIFT's category 9 standard for MT 940 as banks publish it, read 2026-11. Amounts have a
comma and no sign; the character set has no underscore, so a payout's id is written with a hyphen.
"""

from collections.abc import Iterable

from .amounts import major
from .bank import PAYER_NAME, BankEntry, Statement

LINE_END = "\r\n"


def statement_file(statements: Iterable[Statement]) -> str:
    return "".join(LINE_END.join(_message(statement)) + LINE_END for statement in statements)


def _message(statement: Statement) -> list[str]:
    date = _date(statement.day)
    closing = _balance(statement.closing, statement)
    lines = [
        f":20:{statement.iban[-6:]}{date}{statement.number:04d}",
        f":25:{statement.iban}",
        f":28C:{statement.number:05d}/00001",
        f":60F:C{date}{_balance(statement.opening, statement)}",
    ]
    for entry in statement.entries:
        lines += _entry(entry, date)
    return [*lines, f":62F:C{date}{closing}", f":64:C{date}{closing}", "-"]


def _entry(entry: BankEntry, date: str) -> list[str]:
    amount = _amount(entry.amount, entry.currency)
    payout = entry.payout.replace("_", "-")
    return [
        # Value date, entry date, credit, a transfer, the payer's reference, the bank's own.
        f":61:{date}{date[2:]}C{amount}NTRF{entry.end_to_end}//{entry.reference}",
        f":86:/EREF/{entry.end_to_end}",
        f"/ORDP//NAME/{PAYER_NAME}",
        f"/REMI/STRIPE PAYOUT {payout}".rstrip(),
    ]


def _date(day: str) -> str:
    return day[2:].replace("-", "")


def _balance(amount_minor: int, statement: Statement) -> str:
    return f"{statement.currency.upper()}{_amount(amount_minor, statement.currency)}"


def _amount(amount_minor: int, currency: str) -> str:
    text = major(amount_minor, currency, point=",")
    return text if "," in text else f"{text},"
