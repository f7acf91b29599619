"""steps of disputes."""
