"""Whole-row history with who and why: ContextHistory of every change, PersonHistory of what people change.

What does not live here: the evidence. Changes by the API, by jobs and by PSPs are in audit_event, written by
trigger (foundation/audit/protection.py), which costs no second row per change.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from simple_history.models import HistoricalRecords

from foundation.context import current


class ContextHistory(HistoricalRecords):
    """`history = ContextHistory()`: who and why come from foundation.context.

    history_user is the staff member named by the context's actor, history_change_reason the context's reason.
    As with all of simple_history, `update()` and `bulk_create` write nothing.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("history_change_reason_field", models.TextField(null=True))
        super().__init__(*args, **kwargs)

    def get_history_user(self, instance: models.Model) -> models.Model | None:
        username = current().actor.removeprefix("staff:")
        return get_user_model()._default_manager.filter(username=username).first()

    def get_change_reason_for_object(
        self, instance: models.Model, history_type: str, using: str | None
    ) -> str | None:
        return current().reason or super().get_change_reason_for_object(instance, history_type, using)


class PersonHistory(ContextHistory):
    """`history = PersonHistory()`: writes a row only while a person acts (`context.current().is_person`)."""

    def create_historical_record(
        self, instance: models.Model, history_type: str, using: str | None = None
    ) -> None:
        if current().is_person:
            super().create_historical_record(instance, history_type, using=using)
