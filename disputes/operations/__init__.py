"""operations of disputes."""
