"""The balance and its transactions as the API shows them, made from ledger figures. Amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation.clock import to_timestamp
from foundation.money import Money
from payments.shapes.ids import public

_CATEGORIES = {
    "charge": "charge",
    "refund": "refund",
    "refund_failure": "refund_failure",
    "stripe_fee": "fee",
    "payout": "payout",
    "payout_failure": "payout_reversal",
    "payout_cancel": "payout_reversal",
    "adjustment": "other_adjustment",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceTransaction:
    """One entry of the PSP clearing account, as a merchant reads it. amount is signed; net = amount − fee."""

    id: UUID
    type: str
    amount: Money
    fee: Money
    source: str | None
    created_at: datetime
    available_at: datetime
    is_available: bool
    description: str


def balance_transaction_shape(transaction: BalanceTransaction) -> dict[str, Any]:
    fee_details = []
    if not transaction.fee.is_zero:
        fee_details.append(
            {
                "amount": transaction.fee.amount_minor,
                "application": None,
                "currency": transaction.fee.currency,
                "description": "Payment processing fees",
                "type": "stripe_fee",
            }
        )
    return {
        "id": public("txn", transaction.id),
        "object": "balance_transaction",
        "amount": transaction.amount.amount_minor,
        "available_on": to_timestamp(transaction.available_at),
        "balance_type": "payments",
        "created": to_timestamp(transaction.created_at),
        "currency": transaction.amount.currency,
        "description": transaction.description or None,
        "exchange_rate": None,
        "fee": transaction.fee.amount_minor,
        "fee_details": fee_details,
        "net": transaction.amount.amount_minor - transaction.fee.amount_minor,
        "reporting_category": _CATEGORIES[transaction.type],
        "source": transaction.source,
        "status": "available" if transaction.is_available else "pending",
        "type": transaction.type,
    }


def balance_shape(*, available: list[Money], pending: list[Money], livemode: bool) -> dict[str, Any]:
    def rows(amounts: list[Money]) -> list[dict[str, Any]]:
        return [
            {
                "amount": amount.amount_minor,
                "currency": amount.currency,
                "source_types": {"card": amount.amount_minor},
            }
            for amount in amounts
        ]

    return {"object": "balance", "available": rows(available), "livemode": livemode, "pending": rows(pending)}
