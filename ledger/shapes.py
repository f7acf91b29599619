"""Accounts and entries as the API shows them. Amounts in minor units, debit positive; balances on the normal side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from foundation.clock import to_timestamp
from foundation.ids import encode_id
from ledger.chart import name_of
from ledger.models import Exchange, LedgerAccount
from ledger.queries.balances import AccountBalance
from ledger.queries.entries import Entry
from ledger.sources import public_source


def ledger_account_shape(
    account: LedgerAccount,
    balance: AccountBalance,
    *,
    effective_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> dict[str, Any]:
    """effective_at, recorded_at: the instants the balance was asked for; None: now."""
    return {
        "id": account.public_id,
        "object": "ledger_account",
        "as_of": to_timestamp(effective_at) if effective_at else None,
        "balance": balance.balance.amount_minor,
        "created": to_timestamp(account.created_at),
        "credits": balance.credits_minor,
        "currency": account.currency,
        "debits": balance.debits_minor,
        "guard": account.guard,
        "name": name_of(account.path) or None,
        "normal_side": account.normal_side,
        "path": account.path,
        "recorded_as_of": to_timestamp(recorded_at) if recorded_at else None,
        "type": account.type,
    }


def ledger_entry_shape(entry: Entry, exchanges: Sequence[Exchange]) -> dict[str, Any]:
    return {
        "id": encode_id("je", entry.id),
        "object": "ledger_entry",
        "created": to_timestamp(entry.recorded_at),
        "description": entry.description or None,
        "effective_at": to_timestamp(entry.effective_at),
        "exchanges": [_exchange_shape(exchange) for exchange in exchanges],
        "external_reference": entry.external_reference or None,
        "kind": entry.kind,
        "lines": [
            {
                "account": encode_id("la", line.account_id),
                "amount": line.amount.amount_minor,
                "currency": line.amount.currency,
                "path": line.path,
            }
            for line in entry.lines
        ],
        "reference": entry.reference,
        "reverses": encode_id("je", entry.reverses_id) if entry.reverses_id else None,
        "source": public_source(entry.source_kind, entry.source_id),
        "source_kind": entry.source_kind or None,
    }


def _exchange_shape(exchange: Exchange) -> dict[str, Any]:
    return {
        "bought": {"amount": exchange.bought_minor, "currency": exchange.bought_currency},
        "quoted_at": to_timestamp(exchange.quoted_at),
        "rate": str(exchange.rate.normalize()),
        "rate_source": exchange.rate_source,
        "sold": {"amount": exchange.sold_minor, "currency": exchange.sold_currency},
    }
