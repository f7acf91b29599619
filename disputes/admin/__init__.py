"""The pages of disputes in the back office. They read through disputes/queries and act through operations."""

from disputes.admin import monitoring_page, panels, policies, queue, texts, warnings

__all__ = ["monitoring_page", "panels", "policies", "queue", "texts", "warnings"]
