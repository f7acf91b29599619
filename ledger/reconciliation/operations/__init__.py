"""What reconciliation does: one file per verb."""
