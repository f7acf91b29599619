"""Bank statements (camt.053) and notifications (camt.054) of ISO 20022: XML, read element by element.

A booked entry is a line; a batch entry whose details add up to it is a line per detail. Any version of the
messages: the namespace is not looked at. Source: ISO 20022 message definitions camt.053.001.08 and
camt.054.001.08, read 2026-11.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

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
    to_currency,
    to_instant,
    to_minor,
)

PROLOG_BYTES = 65_536
_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_BALANCES = {"OPBD": "opening", "PRCD": "opening", "CLBD": "closing"}


def read_camt(file: BinaryIO) -> Iterator[Row]:
    """Raises StatementUnreadable for what is no XML, declares a document type, or has no statement."""
    _refuse_document_type(file)
    number = found = 0
    statement: Element | None = None
    try:
        for event, element in ElementTree.iterparse(file, events=("start", "end")):  # noqa: S314  no DTD: see above
            name = _name(element)
            if event == "start":
                if name in ("Stmt", "Ntfctn"):
                    statement, found = element, found + 1
            elif statement is not None and name == "Bal":
                yield from _balance(element)
            elif statement is not None and name == "Ntry":
                for row in _entry(element, number + 1):
                    number += 1
                    yield row
                # What is read is let go: a file may be larger than the memory.
                statement.clear()
    except ElementTree.ParseError as error:
        raise StatementUnreadable(f"The file is not XML: {error}.") from None
    if not found:
        raise StatementUnreadable("The file holds no camt statement or notification.")


def _refuse_document_type(file: BinaryIO) -> None:
    # Entities are declared in a document type, and can grow without bound; a bank's message has none.
    start = file.tell()
    prolog = file.read(PROLOG_BYTES)
    file.seek(start, io.SEEK_SET)
    if _DOCTYPE.search(prolog) or not re.search(rb"<[A-Za-z]", prolog):
        raise StatementUnreadable("The file declares a document type, or does not begin as XML.")


def _balance(element: Element) -> Iterator[Row]:
    which = _BALANCES.get(_text(element, "Tp", "CdOrPrtry", "Cd"))
    amount = _child(element, "Amt")
    if which is None or amount is None:
        return
    try:
        currency = to_currency(amount.get("Ccy", ""))
        minor = _signed(to_minor(amount.text or "", currency), _text(element, "CdtDbtInd"))
        as_of = to_instant(_text(element, "Dt", "Dt") or _text(element, "Dt", "DtTm"))
    except LineUnreadable:
        return
    yield StatedBalance(which, currency, minor, as_of)


def _entry(entry: Element, number: int) -> list[Row]:
    try:
        status = _text(entry, "Sts", "Cd") or _text(entry, "Sts")
        if status and status != "BOOK":
            return []
        details = [d for batch in _children(entry, "NtryDtls") for d in _children(batch, "TxDtls")]
        whole = _line(entry, details[0] if len(details) == 1 else None, entry, number)
        if len(details) < 2:
            return [whole]
        parts = [_line(entry, detail, detail, number + place) for place, detail in enumerate(details)]
    except LineUnreadable as error:
        return [Unread(number, _as_text(entry), str(error))]
    adds_up = sum(part.gross_minor for part in parts) == whole.gross_minor
    return list(parts) if adds_up and {p.currency for p in parts} == {whole.currency} else [whole]


def _line(entry: Element, detail: Element | None, priced: Element, number: int) -> ReadLine:
    amount = _child(priced, "Amt")
    if amount is None:
        amount = _descendant(priced, "TxAmt", "Amt")
    if amount is None:
        amount = _child(entry, "Amt")
    if amount is None:
        raise LineUnreadable("The entry has no amount.")
    currency = to_currency(amount.get("Ccy", ""))
    side = _text(priced, "CdtDbtInd") or _text(entry, "CdtDbtInd")
    minor = _signed(to_minor(amount.text or "", currency), side)
    booked = to_instant(_text(entry, "BookgDt", "Dt") or _text(entry, "BookgDt", "DtTm"))
    valued = _text(entry, "ValDt", "Dt") or _text(entry, "ValDt", "DtTm")
    end_to_end = _text(detail, "Refs", "EndToEndId") if detail is not None else ""
    remittance = "\n".join(_all_text(detail, "Ustrd")) if detail is not None else ""
    further = _text(entry, "AddtlNtryInf")
    bank_reference = _text(detail, "Refs", "AcctSvcrRef") if detail is not None else ""
    bank_reference = bank_reference or _text(entry, "AcctSvcrRef")
    structured = _all_text(detail, "Ref") if detail is not None else []
    return ReadLine(
        number,
        bank_line_key(bank_reference, end_to_end, booked, minor, currency, remittance or further),
        movements.PAYOUT if minor > 0 else movements.OTHER,
        payout_reference(end_to_end, *structured, remittance, further),
        end_to_end[:64],
        "",
        currency,
        minor,
        0,
        booked,
        to_instant(valued) if valued else None,
        " ".join((remittance or further).split())[:MAX_DESCRIPTION],
    )


def _signed(minor: int, side: str) -> int:
    if side not in ("CRDT", "DBIT"):
        raise LineUnreadable(f"{side!r} is neither credit nor debit.")
    return minor if side == "CRDT" else -minor


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if _name(child) == name]


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if _name(child) == name), None)


def _descendant(element: Element, *path: str) -> Element | None:
    for found in element.iter():
        if _name(found) == path[0]:
            return _child(found, path[1])
    return None


def _text(element: Element | None, *path: str) -> str:
    for name in path:
        if element is None:
            return ""
        element = _child(element, name)
    return (element.text or "").strip() if element is not None else ""


def _all_text(element: Element, name: str) -> list[str]:
    return [(found.text or "").strip() for found in element.iter() if _name(found) == name]


def _as_text(element: Element) -> str:
    return ElementTree.tostring(element, encoding="unicode")[:MAX_TEXT]
