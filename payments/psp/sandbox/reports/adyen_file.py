"""Adyen's settlement details report as CSV: what the batches settled, one payout at the end of each currency.

Columns and types: https://docs.adyen.com/reporting/settlement-reconciliation/transaction-level/
settlement-details-report, read 2026-11. Amounts are in major units and never negative: debit and credit are
columns. What Stripe's face booked is named by the references of the books.
"""

import csv
import io
from collections.abc import Iterable, Iterator

from ..ids import derived_text
from .amounts import major, moment
from .lines import Line

COLUMNS = (
    "Company Account", "Merchant Account", "Psp Reference", "Merchant Reference", "Payment Method",
    "Creation Date", "TimeZone", "Type", "Modification Reference", "Gross Currency", "Gross Debit (GC)",
    "Gross Credit (GC)", "Exchange Rate", "Net Currency", "Net Debit (NC)", "Net Credit (NC)",
    "Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)", "Payment Method Variant",
    "Modification Merchant Reference", "Batch Number", "Reserved4", "Reserved5", "Reserved6", "Reserved7",
    "Reserved8", "Reserved9", "Reserved10", "Booking Date", "Booking Date TimeZone",
)  # fmt: skip
_TYPES = {
    "charge": "Settled",
    "refund": "Refunded",
    "refund_failure": "RefundedReversed",
    "payment_failure_refund": "Chargeback",
    "payout": "MerchantPayout",
    "payout_failure": "BankInstructionReturned",
}
_METHODS = {"visa": "visa", "mastercard": "mc", "amex": "amex", "discover": "discover", "jcb": "jcb"}


def settlement_file(lines: Iterable[Line], account_name: str) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(lines, account_name))
    return text.getvalue()


def merchant_account(account: str) -> str:
    return f"Sandbox{derived_text(account, 8)}ECOM"


def _rows(lines: Iterable[Line], account_name: str) -> Iterator[dict[str, str]]:
    for line in lines:
        row = _common(line, account_name)
        row |= _payout(line, account_name) if line.kind == "payout" else _movement(line)
        yield row


def _common(line: Line, account_name: str) -> dict[str, str]:
    currency = line.currency.upper()
    net = major(abs(line.net), line.currency)
    return {
        "Company Account": "SandboxCompany",
        "Merchant Account": line.charge_body.get("merchantAccount") or account_name,
        "Creation Date": moment(line.created),
        "TimeZone": "UTC",
        "Type": _type(line),
        "Gross Currency": currency,
        "Exchange Rate": "1",
        "Net Currency": currency,
        "Net Debit (NC)": net if line.net < 0 else "",
        "Net Credit (NC)": net if line.net >= 0 else "",
        "Batch Number": str(line.batch),
        "Booking Date": moment(line.payout_body["created"]),
        "Booking Date TimeZone": "UTC",
    }


def _type(line: Line) -> str:
    if line.kind != "adjustment":
        return _TYPES[line.kind]
    if line.category == "second_chargeback":
        return "SecondChargeback"
    return "ChargebackReversed" if line.gross > 0 else "Chargeback"


def _movement(line: Line) -> dict[str, str]:
    card = (line.charge_body.get("payment_method_details") or {}).get("card") or {}
    method = _METHODS.get(card.get("brand", ""), card.get("brand", "")) or _method(line)
    gross = major(abs(line.gross), line.currency)
    return {
        "Psp Reference": line.charge or line.source,
        "Merchant Reference": line.payment_metadata.get("charge") or line.payment_intent,
        "Payment Method": method,
        "Modification Reference": _modification(line),
        "Gross Debit (GC)": gross if line.gross < 0 else "",
        "Gross Credit (GC)": gross if line.gross >= 0 else "",
        "Payment Method Variant": f"{method}{card.get('funding') or ''}" if method else "",
        "Modification Merchant Reference": line.metadata.get("refund", "") if line.refund else "",
        **_fees(line),
    }


def _method(line: Line) -> str:
    """Of what is no card."""
    return str((line.charge_body.get("payment_method_details") or {}).get("type") or "")


def _modification(line: Line) -> str:
    """A capture has a reference of its own beside the payment's; a refund is known by its own alone, and all steps
    of a dispute by the dispute's."""
    return line.source if line.kind == "adjustment" else line.refund or line.transaction


def _fees(line: Line) -> dict[str, str]:
    """Interchange++: the fee in three parts that add up to it; of a chargeback Adyen's own; nothing where there is
    none."""
    if not line.fee:
        return {}
    if line.kind == "adjustment":
        return {"Commission (NC)": major(line.fee, line.currency)}
    interchange = line.fee * 60 // 100
    scheme = line.fee * 10 // 100
    return {
        "Markup (NC)": major(line.fee - interchange - scheme, line.currency),
        "Scheme Fees (NC)": major(scheme, line.currency),
        "Interchange (NC)": major(interchange, line.currency),
    }


def _payout(line: Line, account_name: str) -> dict[str, str]:
    trace = line.own_payout_body["trace_id"]["value"]
    return {
        "Gross Currency": "",
        "Exchange Rate": "",
        "Modification Reference": f"TX{trace}XT batch {line.batch}, {account_name}",
        "Modification Merchant Reference": line.own_payout_body["id"],
    }
