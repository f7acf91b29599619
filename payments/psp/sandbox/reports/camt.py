"""Bank statements as ISO 20022 XML: camt.053 (a statement per account and day) and camt.054 (notifications).

Elements and their order: the message definitions camt.053.001.02/.08 and camt.054.001.02/.08 of
https://www.iso20022.org, read 2026-11. The files hold no time of writing: the same days give the same bytes.
"""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from .amounts import major
from .bank import BANK_NAME, BIC, PAYER_NAME, BankEntry, Statement

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def statement_file(statements: Iterable[Statement], version: str) -> str:
    """camt.053 in version `02` or `08`."""
    document, message = _document("camt.053", version, "BkToCstmrStmt")
    found = list(statements)
    _header(message, "STMT", found)
    for statement in found:
        _statement(SubElement(message, "Stmt"), statement, version)
    return _text(document)


def notification_file(statements: Iterable[Statement], version: str) -> str:
    """camt.054 in version `02` or `08`: the same entries without balances."""
    document, message = _document("camt.054", version, "BkToCstmrDbtCdtNtfctn")
    found = list(statements)
    _header(message, "NTFC", found)
    for statement in found:
        part = SubElement(message, "Ntfctn")
        _identity(part, "NTFC", statement, version)
        _entries(part, statement, version)
    return _text(document)


def _document(name: str, version: str, message: str) -> tuple[Element, Element]:
    document = Element("Document", xmlns=f"urn:iso:std:iso:20022:tech:xsd:{name}.001.{version}")
    return document, SubElement(document, message)


def _text(document: Element) -> str:
    indent(document)
    return _DECLARATION + tostring(document, encoding="unicode") + "\n"


def _header(message: Element, prefix: str, statements: list[Statement]) -> None:
    header = SubElement(message, "GrpHdr")
    last = max((statement.day for statement in statements), default="1970-01-01")
    _add(header, "MsgId", f"{prefix}-{last}-{len(statements)}")
    _add(header, "CreDtTm", f"{last}T23:59:59Z")


def _statement(part: Element, statement: Statement, version: str) -> None:
    _identity(part, "STMT", statement, version)
    _balance(part, "OPBD", statement.opening, statement)
    _balance(part, "CLBD", statement.closing, statement)
    summary = SubElement(part, "TxsSummry")
    turnover = major(statement.closing - statement.opening, statement.currency)
    credits = SubElement(summary, "TtlCdtNtries")
    _add(credits, "NbOfNtries", str(len(statement.entries)))
    _add(credits, "Sum", turnover)
    _entries(part, statement, version)


def _identity(part: Element, prefix: str, statement: Statement, version: str) -> None:
    _add(part, "Id", f"{prefix}{statement.iban[-10:]}-{statement.number:05d}")
    _add(part, "ElctrncSeqNb", str(statement.number))
    _add(part, "CreDtTm", f"{statement.day}T23:59:59Z")
    period = SubElement(part, "FrToDt")
    _add(period, "FrDtTm", f"{statement.day}T00:00:00Z")
    _add(period, "ToDtTm", f"{statement.day}T23:59:59Z")
    account = SubElement(part, "Acct")
    _add(SubElement(account, "Id"), "IBAN", statement.iban)
    _add(account, "Ccy", statement.currency.upper())
    bank = SubElement(SubElement(account, "Svcr"), "FinInstnId")
    _add(bank, "BIC" if version == "02" else "BICFI", BIC)
    _add(bank, "Nm", BANK_NAME)


def _balance(part: Element, code: str, amount_minor: int, statement: Statement) -> None:
    balance = SubElement(part, "Bal")
    _add(SubElement(SubElement(balance, "Tp"), "CdOrPrtry"), "Cd", code)
    _amount(balance, amount_minor, statement.currency)
    _add(SubElement(balance, "Dt"), "Dt", statement.day)


def _entries(part: Element, statement: Statement, version: str) -> None:
    for entry in statement.entries:
        _entry(SubElement(part, "Ntry"), entry, statement.day, version)


def _entry(part: Element, entry: BankEntry, day: str, version: str) -> None:
    _add(part, "NtryRef", entry.reference)
    _amount(part, entry.amount, entry.currency)
    if version == "02":
        _add(part, "Sts", "BOOK")
    else:
        _add(SubElement(part, "Sts"), "Cd", "BOOK")
    _add(SubElement(part, "BookgDt"), "Dt", day)
    _add(SubElement(part, "ValDt"), "Dt", day)
    _add(part, "AcctSvcrRef", entry.reference)
    domain = SubElement(SubElement(part, "BkTxCd"), "Domn")
    _add(domain, "Cd", "PMNT")
    family = SubElement(domain, "Fmly")
    _add(family, "Cd", "RCDT")
    _add(family, "SubFmlyCd", "ESCT" if entry.currency == "eur" else "DMCT")
    details = SubElement(SubElement(part, "NtryDtls"), "TxDtls")
    references = SubElement(details, "Refs")
    _add(references, "AcctSvcrRef", entry.reference)
    _add(references, "EndToEndId", entry.end_to_end)
    if version == "02":
        _money(SubElement(SubElement(details, "AmtDtls"), "TxAmt"), entry.amount, entry.currency)
    else:
        _amount(details, entry.amount, entry.currency)
    payer = SubElement(SubElement(details, "RltdPties"), "Dbtr")
    _add(payer if version == "02" else SubElement(payer, "Pty"), "Nm", PAYER_NAME)
    _add(SubElement(details, "RmtInf"), "Ustrd", f"STRIPE PAYOUT {entry.payout}".rstrip())
    _add(part, "AddtlNtryInf", f"Credit transfer {PAYER_NAME}")


def _amount(part: Element, amount_minor: int, currency: str) -> None:
    _money(part, amount_minor, currency)
    _add(part, "CdtDbtInd", "CRDT")


def _money(part: Element, amount_minor: int, currency: str) -> None:
    SubElement(part, "Amt", Ccy=currency.upper()).text = major(amount_minor, currency)


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
