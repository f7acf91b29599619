"""Choose a PSP account: eligible by currency and activity, then by priority. Pure: rows in, a decision out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from payments.errors import PspNotConfigured
from payments.models import PspAccount


@dataclass(frozen=True, slots=True)
class Decision:
    """reason: why this account, in words for the timeline."""

    psp_account: PspAccount
    reason: str


def choose_psp(
    *, currency: str, accounts: Sequence[PspAccount], accounts_with_token: frozenset[UUID]
) -> Decision:
    """The eligible account with the lowest priority number. Raises PspNotConfigured when none is eligible.

    accounts_with_token: the accounts that hold a token of the payment method; no other can charge it."""
    eligible = [
        account
        for account in accounts
        if account.is_active
        and account.id in accounts_with_token
        and (not account.currencies or currency in account.currencies)
    ]
    if not eligible:
        raise PspNotConfigured(f"No active PSP account can charge this payment method in {currency}.")
    best = min(eligible, key=lambda account: (account.priority, account.id))
    return Decision(best, f"{best.name}: first of {len(eligible)} eligible by priority")
