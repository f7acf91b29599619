"""Django looks here for the foundation's admin; it lives in the rooms that own the models."""

from foundation.audit import admin as audit
from foundation.events import admin as events
from foundation.jobs import admin as jobs
from foundation.replay import admin as replay
from foundation.tenancy import admin as tenancy
from foundation.webhooks import admin as webhooks

__all__ = ["audit", "events", "jobs", "replay", "tenancy", "webhooks"]
