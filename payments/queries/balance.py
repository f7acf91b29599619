"""A merchant's balance and its transactions, read from the ledger: the clearing accounts of all their PSPs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet

from foundation import clock
from foundation.errors import ResourceMissing
from foundation.ids import PublicIdInvalid, decode_id, encode_id
from foundation.money import Money
from ledger.queries.balances import get_clearing_balances, list_balances_as_of
from ledger.queries.entries import Entry, list_entries_by_ids, list_entries_of_kinds
from payments.models import Capture, PspAccount, Refund
from payments.shapes.balance import BalanceTransaction

CLEARING = "assets/psp_clearing/"
FEES = "expenses/psp_fees"
TYPES = {
    "payment_captured": "charge",
    "payment_refunded": "refund",
    "refund_returned": "refund_failure",
    "psp_fee": "stripe_fee",
}
KINDS = {type_: kind for kind, type_ in TYPES.items()}


def get_balance(*, merchant_id: UUID) -> tuple[list[Money], list[Money]]:
    """(available, pending) by currency: available is what is older than the PSPs' settlement days."""
    total = _by_currency(get_clearing_balances(merchant_id))
    settled_at = clock.now() - timedelta(days=_settlement_days(merchant_id))
    settled = _by_currency(
        balance
        for balance in list_balances_as_of(merchant_id, effective_at=settled_at)
        if balance.path.startswith(CLEARING)
    )
    currencies = sorted(total)
    available = [Money(settled.get(currency, 0), currency) for currency in currencies]
    pending = [Money(total[currency] - settled.get(currency, 0), currency) for currency in currencies]
    return available, pending


def list_balance_entries(
    *, merchant_id: UUID, type: str | None = None, source: str | None = None
) -> QuerySet[Any]:
    """Ledger entries that are balance transactions. source: a charge's or refund's public id."""
    rows = list_entries_of_kinds(merchant_id, [KINDS[type]] if type else TYPES)
    if source is not None:
        rows = rows.filter(pk__in=_entries_of(merchant_id, source))
    return rows


def read_balance_transactions(*, merchant_id: UUID, entry_ids: Sequence[UUID]) -> list[BalanceTransaction]:
    """In the order of entry_ids. Four queries, whatever their number."""
    entries = {entry.id: entry for entry in list_entries_by_ids(merchant_id, entry_ids)}
    sources = _sources(merchant_id, entry_ids)
    days = _settlement_days(merchant_id)
    return [_read(entries[entry_id], sources.get(entry_id), days) for entry_id in entry_ids]


def get_balance_transaction(*, merchant_id: UUID, entry_id: UUID) -> BalanceTransaction:
    """Raises ResourceMissing."""
    if not list_balance_entries(merchant_id=merchant_id).filter(pk=entry_id).exists():
        raise ResourceMissing(f"No such balance transaction: '{encode_id('txn', entry_id)}'", param="id")
    return read_balance_transactions(merchant_id=merchant_id, entry_ids=[entry_id])[0]


def _read(entry: Entry, source: str | None, settlement_days: int) -> BalanceTransaction:
    currency = entry.lines[0].amount.currency
    fee = sum(line.amount.amount_minor for line in entry.lines if line.path == FEES)
    net = sum(line.amount.amount_minor for line in entry.lines if line.path.startswith(CLEARING))
    type_ = TYPES[entry.kind]
    if type_ == "stripe_fee":
        # The whole entry is the fee: shown as an amount of its own.
        fee = 0
    available_at = entry.effective_at + timedelta(days=settlement_days)
    return BalanceTransaction(
        id=entry.id,
        type=type_,
        amount=Money(net + fee, currency),
        fee=Money(fee, currency),
        source=source,
        created_at=entry.effective_at,
        available_at=available_at,
        is_available=available_at <= clock.now(),
        description=entry.description,
    )


def _sources(merchant_id: UUID, entry_ids: Sequence[UUID]) -> dict[UUID, str]:
    captures = Capture.objects.for_merchant(merchant_id).filter(ledger_entry_id__in=entry_ids)
    refunds = Refund.objects.for_merchant(merchant_id)
    found = {
        entry_id: encode_id("ch", attempt_id)
        for entry_id, attempt_id in captures.values_list("ledger_entry_id", "attempt_id")
        if entry_id is not None
    }
    for column in ("ledger_entry_id", "return_entry_id"):
        rows = refunds.filter(**{f"{column}__in": entry_ids}).values_list(column, "id")
        found |= {entry_id: encode_id("re", refund_id) for entry_id, refund_id in rows}
    return found


def _entries_of(merchant_id: UUID, source: str) -> list[UUID]:
    try:
        if source.startswith("ch_"):
            captures = Capture.objects.for_merchant(merchant_id).filter(attempt_id=decode_id("ch", source))
            found = list(captures.values_list("ledger_entry_id", flat=True))
            return [entry_id for entry_id in found if entry_id is not None]
        refund = Refund.objects.for_merchant(merchant_id).filter(pk=decode_id("re", source)).first()
    except PublicIdInvalid:
        return []
    both = [refund.ledger_entry_id, refund.return_entry_id] if refund else []
    return [entry_id for entry_id in both if entry_id is not None]


def _by_currency(balances: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for balance in balances:
        total[balance.currency] = (
            total.get(balance.currency, 0) + balance.debits_minor - balance.credits_minor
        )
    return total


def _settlement_days(merchant_id: UUID) -> int:
    rows = PspAccount.objects.for_merchant(merchant_id)
    days: int | None = rows.aggregate(most=Max("settlement_days"))["most"]
    return 2 if days is None else days
