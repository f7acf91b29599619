"""The ledger's tables. Rows are written by ledger.steps, ledger.operations and ledger.reconciliation only."""

from ledger.models.accounts import LedgerAccount
from ledger.models.adjustments import ManualAdjustment
from ledger.models.balances import BalanceSnapshot
from ledger.models.break_files import BreakFile, BreakFileRow
from ledger.models.exchanges import Exchange
from ledger.models.holds import Hold
from ledger.models.journal import JournalEntry, Posting
from ledger.models.open_items import BreakEntry, OpenItem
from ledger.models.periods import AccountingPeriod, PeriodBalance
from ledger.models.proofs import BooksProof
from ledger.models.reconciliation import (
    ReconciliationBreak,
    ReconciliationMatch,
    ReconciliationRun,
    ReconciliationTie,
)
from ledger.models.statements import Source, Statement, StatementLine, UnreadLine

__all__ = [
    "AccountingPeriod",
    "BalanceSnapshot",
    "BooksProof",
    "BreakEntry",
    "BreakFile",
    "BreakFileRow",
    "Exchange",
    "Hold",
    "JournalEntry",
    "LedgerAccount",
    "ManualAdjustment",
    "OpenItem",
    "PeriodBalance",
    "Posting",
    "ReconciliationBreak",
    "ReconciliationMatch",
    "ReconciliationRun",
    "ReconciliationTie",
    "Source",
    "Statement",
    "StatementLine",
    "UnreadLine",
]
