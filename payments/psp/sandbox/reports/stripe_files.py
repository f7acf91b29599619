"""Stripe's itemised reports as CSV: the balance's activity, the movements of each payout, the payouts.

Column names, their order and meaning: https://docs.stripe.com/reports/report-types/balance and
https://docs.stripe.com/reports/report-types/payout-reconciliation, read 2026-11. Times are UTC; a column of
metadata appears when it is asked for.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from ..books import Body
from .amounts import major, moment
from .lines import Line

_MOVEMENT = (
    "balance_transaction_id", "created_utc", "created", "available_on_utc", "available_on", "currency",
    "gross", "fee", "net", "reporting_category", "source_id", "description", "customer_facing_amount",
    "customer_facing_currency",
)  # fmt: skip
_DETAILS = (
    "customer_id", "customer_email", "charge_id", "payment_intent_id", "charge_created_utc",
    "charge_created", "payment_method_type", "card_brand", "card_funding", "card_country",
    "statement_descriptor", "trace_id", "trace_id_status",
)  # fmt: skip
_EFFECTIVE = ("automatic_payout_effective_at_utc", "automatic_payout_effective_at")
BALANCE_COLUMNS = (*_MOVEMENT, "automatic_payout_id", *_EFFECTIVE, *_DETAILS)
RECONCILIATION_COLUMNS = ("automatic_payout_id", *_EFFECTIVE, *_MOVEMENT, *_DETAILS)
PAYOUT_COLUMNS = (
    "payout_id", "effective_at_utc", "effective_at", "balance_transaction_id", "currency", "gross", "fee",
    "net", "reporting_category", "description", "payout_expected_arrival_date", "payout_status",
    "payout_reversed_at", "payout_type", "payout_description", "payout_destination_id", "trace_id",
    "trace_id_status",
)  # fmt: skip
_CATEGORIES = {"payment_failure_refund": "charge_failure", "payout_failure": "payout_reversal"}
_METADATA = {"payment_metadata[": "payment_metadata", "refund_metadata[": "metadata"}


def known_column(name: str) -> bool:
    return name.endswith("]") and name.startswith(tuple(_METADATA))


def balance_file(lines: Iterable[Line], columns: tuple[str, ...]) -> str:
    return _csv((*BALANCE_COLUMNS, *columns), (_movement(line, columns) for line in lines))


def reconciliation_file(lines: Iterable[Line], columns: tuple[str, ...]) -> str:
    return _csv((*RECONCILIATION_COLUMNS, *columns), (_movement(line, columns) for line in lines))


def payouts_file(lines: Iterable[Line], columns: tuple[str, ...]) -> str:
    return _csv((*PAYOUT_COLUMNS, *columns), (_payout(line) for line in lines))


def _csv(header: tuple[str, ...], rows: Iterator[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _movement(line: Line, columns: tuple[str, ...]) -> dict[str, Any]:
    charge, payout = line.charge_body, line.payout_body
    card = (charge.get("payment_method_details") or {}).get("card") or {}
    created, available = moment(line.created), moment(line.available_on)
    effective = moment(payout["arrival_date"]) if payout else ""
    charged = moment(charge["created"]) if charge else ""
    has_customer = line.kind in ("charge", "refund", "refund_failure")
    return {
        "balance_transaction_id": line.transaction,
        "created_utc": created,
        "created": created,
        "available_on_utc": available,
        "available_on": available,
        "currency": line.currency,
        "gross": major(line.gross, line.currency),
        "fee": major(line.fee, line.currency),
        "net": major(line.net, line.currency),
        "reporting_category": _CATEGORIES.get(line.category, line.category),
        "source_id": line.source,
        "description": line.description,
        "customer_facing_amount": major(line.gross, line.currency) if has_customer else "",
        "customer_facing_currency": line.currency if has_customer else "",
        "automatic_payout_id": line.payout,
        "automatic_payout_effective_at_utc": effective,
        "automatic_payout_effective_at": effective,
        "customer_id": charge.get("customer") or "",
        "customer_email": charge.get("receipt_email") or "",
        "charge_id": line.charge,
        "payment_intent_id": line.payment_intent,
        "charge_created_utc": charged,
        "charge_created": charged,
        "payment_method_type": "card" if has_customer else "",
        "card_brand": card.get("brand") or "",
        "card_funding": card.get("funding") or "",
        "card_country": card.get("country") or "",
        "statement_descriptor": charge.get("statement_descriptor") or "",
        **_trace(payout),
        **{name: _metadata(line, name) for name in columns},
    }


def _payout(line: Line) -> dict[str, Any]:
    payout = line.own_payout_body
    has_failed = line.kind == "payout_failure"
    effective = moment(line.created if has_failed else payout["arrival_date"])
    return {
        "payout_id": line.source,
        "effective_at_utc": effective,
        "effective_at": effective,
        "balance_transaction_id": line.transaction,
        "currency": line.currency,
        "gross": major(line.gross, line.currency),
        "fee": major(line.fee, line.currency),
        "net": major(line.net, line.currency),
        "reporting_category": _CATEGORIES.get(line.kind, line.kind),
        "description": line.description,
        "payout_expected_arrival_date": moment(payout["arrival_date"]),
        "payout_status": payout["status"],
        "payout_reversed_at": moment(line.created) if has_failed else "",
        "payout_type": payout["type"],
        "payout_description": payout["description"],
        "payout_destination_id": payout["destination"],
        **_trace(payout),
    }


def _trace(payout: Body) -> dict[str, str]:
    trace = payout.get("trace_id") or {}
    return {"trace_id": trace.get("value") or "", "trace_id_status": trace.get("status") or ""}


def _metadata(line: Line, column: str) -> str:
    family, _, key = column.partition("[")
    if family == "refund_metadata" and not line.refund:
        return ""
    values = line.payment_metadata if family == "payment_metadata" else line.metadata
    return values.get(key.removesuffix("]"), "")
