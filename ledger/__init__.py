"""The ledger: an append-only double-entry journal that knows no payment."""
