"""The books under /v1, read only: accounts with balances, entries with their lines."""
