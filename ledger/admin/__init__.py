"""The books in the back office: accounts with their balances, entries with their postings. Read-only."""

from ledger.admin import accounts, entries

__all__ = ["accounts", "entries"]
