"""Xid8Field: PostgreSQL's 64-bit transaction id, which never wraps around."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    IntegerColumn = models.Field[int, int]
else:
    IntegerColumn = models.Field


class Xid8Field(IntegerColumn):
    """A transaction id as a Python int. Ordered as PostgreSQL orders xid8."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> Any:
        # xid8 has no cast from an integer, only from text.
        return str(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        return None if value is None else int(value)
