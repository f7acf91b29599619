"""The books in the back office: accounts, entries, adjustments by two people, periods. Rows change by actions only."""

from ledger.admin import accounts, adjustments, break_files, breaks, entries, periods, runs, statements

__all__ = ["accounts", "adjustments", "break_files", "breaks", "entries", "periods", "runs", "statements"]
