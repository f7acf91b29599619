"""Naming a merchant on the command line."""

from __future__ import annotations

from uuid import UUID

from django.core.management.base import CommandError

from foundation.ids import PublicIdInvalid, decode_id

_PREFIX = "acct"


def merchant_id_of(text: str) -> UUID:
    """acct_… or a UUID. Raises CommandError."""
    try:
        return decode_id(_PREFIX, text) if text.startswith(f"{_PREFIX}_") else UUID(text)
    except (PublicIdInvalid, ValueError):
        raise CommandError(f"{text!r} is not a merchant's id.") from None
