"""What a path says about an account: its type and its normal side. Free of Django.

A path is words joined by slashes (`assets/psp_clearing/psp_…`); the first word is the type, and a short list
names the contra accounts, whose normal side is the other one. Which paths exist is the business of the floors
above.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ledger.errors import AccountPathInvalid

DEBIT = "debit"
CREDIT = "credit"

MAX_PATH_LENGTH = 200

FX_PREFIX = "equity/fx"
MEMO_AUTHORIZED = "memo/authorized"
MEMO_AUTHORIZATION_CONTRA = "memo/authorization_contra"

# First word of a path → (type, normal side).
_TYPES = {
    "assets": ("asset", DEBIT),
    "liabilities": ("liability", CREDIT),
    "income": ("income", CREDIT),
    "expenses": ("expense", DEBIT),
    "equity": ("equity", CREDIT),
    "memo": ("memo", DEBIT),
}

# Each reduces the accounts beside it: refunds and credits reduce sales, the memo contra balances the memo.
_CONTRA_PREFIXES = ("income/refunds", "income/credits", MEMO_AUTHORIZATION_CONTRA)

_PATH = re.compile(r"[a-z]+(/[A-Za-z0-9_.:-]+)+")


@dataclass(frozen=True, slots=True)
class AccountRule:
    """type: asset, liability, income, expense, equity or memo. normal_side: debit or credit."""

    type: str
    normal_side: str


def rule_of(path: str) -> AccountRule:
    """The type and normal side that follow from a path. Raises AccountPathInvalid."""
    first_word = path.partition("/")[0]
    if first_word not in _TYPES or len(path) > MAX_PATH_LENGTH or not _PATH.fullmatch(path):
        raise AccountPathInvalid(f"{path[:MAX_PATH_LENGTH]!r} is not the path of a ledger account.")
    kind, side = _TYPES[first_word]
    if any(path == prefix or path.startswith(f"{prefix}/") for prefix in _CONTRA_PREFIXES):
        side = CREDIT if side == DEBIT else DEBIT
    return AccountRule(kind, side)


def fx_path(one: str, other: str) -> str:
    """The account through which two currencies are exchanged, the same in both directions."""
    return f"{FX_PREFIX}/{'_'.join(sorted((one, other)))}"
