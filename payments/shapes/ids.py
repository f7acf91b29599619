"""Public ids of rows that a shape names but does not hold."""

from __future__ import annotations

from uuid import UUID

from foundation.ids import encode_id


def public(prefix: str, value: UUID | None) -> str | None:
    """The public id, or None where there is no row."""
    return None if value is None else encode_id(prefix, value)
