"""How the books speak to people: balances on their normal side, lines as debits and credits."""

from __future__ import annotations

from foundation.backoffice.display import amount
from foundation.money import Money
from ledger.models import LedgerAccount, Posting


def balance_words(account: LedgerAccount) -> str:
    """The account's balance, positive on its normal side. account: from with_net_debits."""
    net_debit = Money(int(account.net_debit_minor), account.currency)  # type: ignore[attr-defined]
    return amount(net_debit if account.normal_side == LedgerAccount.Side.DEBIT else -net_debit)


def debit_words(posting: Posting) -> str:
    return _one_side(posting.amount_minor, posting.currency)


def credit_words(posting: Posting) -> str:
    return _one_side(-posting.amount_minor, posting.currency)


def kind_words(kind: str) -> str:
    """ "payment_captured" as people say it."""
    return kind.replace("_", " ").capitalize()


def _one_side(minor: int, currency: str) -> str:
    return amount(Money(minor, currency)) if minor > 0 else ""
