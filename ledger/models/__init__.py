"""The ledger's tables. Rows are written by ledger.steps and ledger.operations only."""

from ledger.models.accounts import LedgerAccount
from ledger.models.balances import BalanceSnapshot
from ledger.models.holds import Hold
from ledger.models.journal import JournalEntry, Posting

__all__ = ["BalanceSnapshot", "Hold", "JournalEntry", "LedgerAccount", "Posting"]
