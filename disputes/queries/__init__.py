"""queries of disputes."""
