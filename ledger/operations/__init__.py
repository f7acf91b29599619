"""One file per verb of the ledger's own."""
