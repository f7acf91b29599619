"""The trial balance: every account, and per currency the proof that debits equal credits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.queries.balances import AccountBalance, list_balances_as_of


@dataclass(frozen=True, slots=True)
class TrialBalanceTotal:
    """Sums over all accounts of one currency, in minor units."""

    currency: str
    debits_minor: int
    credits_minor: int

    @property
    def is_balanced(self) -> bool:
        return self.debits_minor == self.credits_minor


@dataclass(frozen=True, slots=True)
class TrialBalance:
    accounts: list[AccountBalance]
    totals: list[TrialBalanceTotal]

    @property
    def is_balanced(self) -> bool:
        return all(total.is_balanced for total in self.totals)


def get_trial_balance(
    merchant_id: UUID, *, effective_at: datetime | None = None, recorded_at: datetime | None = None
) -> TrialBalance:
    """Now, or as of an instant by effective time, by recorded time, or both (see list_balances_as_of)."""
    accounts = list_balances_as_of(merchant_id, effective_at=effective_at, recorded_at=recorded_at)
    return TrialBalance(accounts, _totals(accounts))


def _totals(accounts: list[AccountBalance]) -> list[TrialBalanceTotal]:
    sums: dict[str, tuple[int, int]] = {}
    for account in accounts:
        debits, credits = sums.get(account.currency, (0, 0))
        sums[account.currency] = (debits + account.debits_minor, credits + account.credits_minor)
    return [TrialBalanceTotal(currency, *sums[currency]) for currency in sorted(sums)]
