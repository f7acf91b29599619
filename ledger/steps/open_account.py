"""Open accounts: with a guard on purpose, or plainly for the first posting that names them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from foundation.ids import new_id
from foundation.transactions import joins_transaction
from ledger.errors import AccountGuardDiffers
from ledger.models import LedgerAccount
from ledger.paths import rule_of


@joins_transaction
def open_account(*, merchant_id: UUID, path: str, currency: str, never_negative: bool) -> UUID:
    """Open an account and say whether it may go below zero on its normal side.

    Needed only for guarded accounts; any other is opened by its first posting.
    Raises: AccountPathInvalid; AccountGuardDiffers when it is open with the other guard.
    Writes: one LedgerAccount. Safe to repeat: answers the same id.
    """
    guard = LedgerAccount.Guard.NEVER_NEGATIVE if never_negative else LedgerAccount.Guard.NONE
    _insert(merchant_id, [(path, currency)], guard)
    account = LedgerAccount.objects.for_merchant(merchant_id).get(path=path, currency=currency)
    if account.guard != guard:
        raise AccountGuardDiffers(f"{path} in {currency} is open with the guard {account.guard}.")
    return account.id


@joins_transaction
def open_missing_accounts(merchant_id: UUID, names: Iterable[tuple[str, str]]) -> None:
    """names: (path, currency). Accounts that are open already stay as they are. Raises AccountPathInvalid."""
    _insert(merchant_id, names, LedgerAccount.Guard.NONE)


def _insert(merchant_id: UUID, names: Iterable[tuple[str, str]], guard: LedgerAccount.Guard) -> None:
    accounts = []
    # Sorted: two transactions that open the same accounts wait for each other instead of deadlocking.
    for path, currency in sorted(set(names)):
        rule = rule_of(path)
        accounts.append(
            LedgerAccount(
                id=new_id(),
                merchant_id=merchant_id,
                path=path,
                type=rule.type,
                currency=currency,
                normal_side=rule.normal_side,
                guard=guard,
            )
        )
    LedgerAccount.objects.for_merchant(merchant_id).bulk_create(accounts, ignore_conflicts=True)
