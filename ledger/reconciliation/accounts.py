"""Which ledger accounts the other side's books are compared with, and where differences are written off to."""

from __future__ import annotations

from ledger.models import Source

CLEARING_PREFIX = "assets/psp_clearing/"
"""What a PSP owes; the rest of the path is the PSP account. Compared with the PSP's statements."""

TRANSIT = "assets/cash_in_transit"
"""Payouts on their way to the bank, the account itself or one below it. Compared with bank statements."""

BANK = "assets/bank"
PSP_FEES = "expenses/psp_fees"
WRITTEN_OFF = "expenses/reconciliation_differences"


def clearing_path(psp_account: str) -> str:
    return f"{CLEARING_PREFIX}{psp_account}"


def compared_path(source: str, psp_account: str) -> str:
    """The account that a write-off of a break corrects."""
    return clearing_path(psp_account) if source == Source.PSP else BANK
