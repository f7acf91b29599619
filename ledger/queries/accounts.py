"""The chart of accounts: which there are, and how they add up by type and by path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from foundation.errors import ResourceMissing
from foundation.money import Money
from ledger.models import LedgerAccount
from ledger.queries.balances import AccountBalance

TYPE_ORDER = tuple(LedgerAccount.Type.values)


@dataclass(frozen=True, slots=True)
class ChartBranch:
    """All accounts at and below a path in one currency. balance: of the branch's debits less its credits,
    positive on the side of its type."""

    path: str
    currency: str
    type: str
    depth: int
    accounts: int
    net_debit: Money


def list_accounts(
    merchant_id: UUID, *, below: str | None = None, currency: str | None = None, type: str | None = None
) -> QuerySet[LedgerAccount]:
    """The merchant's accounts. below: a path, itself included."""
    accounts = LedgerAccount.objects.for_merchant(merchant_id)
    if below is not None:
        accounts = accounts.filter(Q(path=below) | Q(path__startswith=f"{below}/"))
    if currency is not None:
        accounts = accounts.filter(currency=currency)
    if type is not None:
        accounts = accounts.filter(type=type)
    return accounts


def find_account(merchant_id: UUID, account_id: UUID) -> LedgerAccount | None:
    return LedgerAccount.objects.for_merchant(merchant_id).filter(pk=account_id).first()


def get_account(merchant_id: UUID, account_id: UUID) -> LedgerAccount:
    """Raises ResourceMissing."""
    account = find_account(merchant_id, account_id)
    if account is None:
        raise ResourceMissing("No such ledger account.")
    return account


def fold_into_chart(balances: Iterable[AccountBalance]) -> list[ChartBranch]:
    """Every path and every path above it, per currency, with sums: by type, then path.

    balances: of any queries.balances; so the chart can be had as of an instant.
    """
    sums: dict[tuple[str, str], tuple[str, int, int]] = {}
    for balance in balances:
        words = balance.path.split("/")
        for depth in range(1, len(words) + 1):
            name = ("/".join(words[:depth]), balance.currency)
            type_, accounts, net = sums.get(name, (balance.type, 0, 0))
            sums[name] = (type_, accounts + 1, net + balance.debits_minor - balance.credits_minor)
    branches = [
        ChartBranch(path, currency, type_, path.count("/"), accounts, Money(net, currency))
        for (path, currency), (type_, accounts, net) in sums.items()
    ]
    return sorted(branches, key=lambda b: (TYPE_ORDER.index(b.type), b.path, b.currency))
