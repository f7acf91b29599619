"""Steps: parts of operations that join the caller's transaction. post_to_ledger is the only door to double entry."""
