"""A merchant's balance and its transactions, read from the ledger: the clearing accounts of all their PSPs.

When money may be paid out is what the PSP's own statement says of it; before one tells, what the account usually
takes. What was paid out has left the available balance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from foundation import clock
from foundation.errors import ResourceMissing
from foundation.ids import PublicIdInvalid, decode_id, encode_id
from foundation.money import Money
from ledger.queries.balances import get_clearing_balances
from ledger.queries.entries import Entry, list_entries_by_ids, list_entries_of_kinds
from ledger.reconciliation.movements import WRITE_OFF
from ledger.reconciliation.queries.availability import (
    Settlement,
    entries_paid_out,
    settlements_of_entries,
    sum_not_available,
)
from payments.models import Capture, Payout, PspAccount, Refund
from payments.queries.payouts import list_payouts_of_entries
from payments.shapes.balance import BalanceTransaction

CLEARING = "assets/psp_clearing/"
FEES = "expenses/psp_fees"
TYPES = {
    "payment_captured": "charge",
    "payment_refunded": "refund",
    "refund_returned": "refund_failure",
    "psp_fee": "stripe_fee",
    "payout_sent": "payout",
    "payout_returned": "payout_failure",
    "payout_canceled": "payout_cancel",
}
ADJUSTMENT = "adjustment"
ADJUSTING_KINDS = ("manual_adjustment", WRITE_OFF)
"""Of people; they are balance transactions where they touch what a PSP owes."""
HELD_BACK = ("payment_captured", "payment_refunded", "refund_returned", "psp_fee")
"""Money that is pending at first. What was paid out and what people adjusted counts at once."""


def get_balance(*, merchant_id: UUID) -> tuple[list[Money], list[Money]]:
    """(available, pending) by currency: what may be paid out now, and what the PSPs still hold back."""
    total = _by_currency(get_clearing_balances(merchant_id))
    held = sum_not_available(merchant_id, kinds=HELD_BACK, settlement_days=_settlement_days(merchant_id))
    available = [Money(minor - held.get(currency, 0), currency) for currency, minor in sorted(total.items())]
    pending = [Money(held.get(currency, 0), currency) for currency in sorted(total)]
    return available, pending


def list_balance_entries(
    *,
    merchant_id: UUID,
    type: str | None = None,
    source: str | None = None,
    payout_id: UUID | None = None,
    currency: str | None = None,
) -> QuerySet[Any]:
    """Ledger entries that are balance transactions.

    source: a charge's, refund's or payout's public id. payout_id: what that payout paid out, itself included.
    """
    kinds = [kind for kind, name in TYPES.items() if type in (None, name)]
    adjusting = ADJUSTING_KINDS if type in (None, ADJUSTMENT) else ()
    rows = list_entries_of_kinds(merchant_id, kinds, kinds_below=(CLEARING, adjusting), currency=currency)
    if source is not None:
        rows = rows.filter(pk__in=_entries_of(merchant_id, source))
    if payout_id is not None:
        rows = rows.filter(_paid_out_in(merchant_id, payout_id))
    return rows


def read_balance_transactions(*, merchant_id: UUID, entry_ids: Sequence[UUID]) -> list[BalanceTransaction]:
    """In the order of entry_ids. Seven queries, whatever their number."""
    entries = {entry.id: entry for entry in list_entries_by_ids(merchant_id, entry_ids)}
    sources = _sources(merchant_id, entry_ids)
    settled = settlements_of_entries(merchant_id, entry_ids)
    days = _settlement_days(merchant_id)
    return [
        _read(entries[entry_id], sources.get(entry_id), settled.get(entry_id), days) for entry_id in entry_ids
    ]


def get_balance_transaction(*, merchant_id: UUID, entry_id: UUID) -> BalanceTransaction:
    """Raises ResourceMissing."""
    if not list_balance_entries(merchant_id=merchant_id).filter(pk=entry_id).exists():
        raise ResourceMissing(f"No such balance transaction: '{encode_id('txn', entry_id)}'", param="id")
    return read_balance_transactions(merchant_id=merchant_id, entry_ids=[entry_id])[0]


def _read(
    entry: Entry, source: str | None, settled: Settlement | None, days: Mapping[str, int]
) -> BalanceTransaction:
    of_clearing = [line for line in entry.lines if line.path.startswith(CLEARING)]
    currency = of_clearing[0].amount.currency
    net = sum(line.amount.amount_minor for line in of_clearing if line.amount.currency == currency)
    # The fee of a charge is taken off it; a fee on its own is an amount of its own.
    is_charge = entry.kind == "payment_captured"
    fee = sum(line.amount.amount_minor for line in entry.lines if line.path == FEES) if is_charge else 0
    available_at = entry.effective_at
    if settled is not None and settled.available_at is not None and entry.kind in HELD_BACK:
        available_at = settled.available_at
    elif entry.kind in HELD_BACK:
        account = of_clearing[0].path.removeprefix(CLEARING)
        available_at += timedelta(days=days.get(account, 0))
    is_paid_out = settled is not None and settled.payout_reference != ""
    return BalanceTransaction(
        id=entry.id,
        type=TYPES.get(entry.kind, ADJUSTMENT),
        amount=Money(net + fee, currency),
        fee=Money(fee, currency),
        source=source,
        created_at=entry.effective_at,
        available_at=available_at,
        is_available=is_paid_out or available_at <= clock.now(),
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
    for payout in list_payouts_of_entries(merchant_id, entry_ids):
        found |= dict.fromkeys(_moved_by(payout), payout.public_id)
    return found


def _entries_of(merchant_id: UUID, source: str) -> list[UUID]:
    try:
        if source.startswith("ch_"):
            captures = Capture.objects.for_merchant(merchant_id).filter(attempt_id=decode_id("ch", source))
            found = list(captures.values_list("ledger_entry_id", flat=True))
            return [entry_id for entry_id in found if entry_id is not None]
        if source.startswith("po_"):
            payout = Payout.objects.for_merchant(merchant_id).filter(pk=decode_id("po", source)).first()
            return _moved_by(payout) if payout else []
        refund = Refund.objects.for_merchant(merchant_id).filter(pk=decode_id("re", source)).first()
    except PublicIdInvalid:
        return []
    both = [refund.ledger_entry_id, refund.return_entry_id] if refund else []
    return [entry_id for entry_id in both if entry_id is not None]


def _moved_by(payout: Payout) -> list[UUID]:
    both = [payout.sent_entry_id, payout.return_entry_id]
    return [entry_id for entry_id in both if entry_id is not None]


def _paid_out_in(merchant_id: UUID, payout_id: UUID) -> Q:
    rows = Payout.objects.for_merchant(merchant_id).select_related("psp_account")
    payout = rows.filter(pk=payout_id).first()
    if payout is None:
        return Q(pk__in=[])
    paid = entries_paid_out(merchant_id, payout.psp_account.public_id, payout.psp_reference)
    return Q(pk__in=paid.values("pk")) | Q(pk=payout.sent_entry_id)


def _by_currency(balances: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for balance in balances:
        total[balance.currency] = (
            total.get(balance.currency, 0) + balance.debits_minor - balance.credits_minor
        )
    return total


def _settlement_days(merchant_id: UUID) -> dict[str, int]:
    """By public id of the PSP account, as the ledger names it."""
    rows = PspAccount.objects.for_merchant(merchant_id).values_list("id", "settlement_days")
    return {encode_id(PspAccount.public_prefix, account_id): days for account_id, days in rows}
