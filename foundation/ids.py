"""Ids: UUIDv7 primary keys, shown outside as prefix + base62 and decoded again; never stored twice.

Twenty-two base62 digits hold 128 bits and keep the time order, so a public id sorts as its row does.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import uuid_utils

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
WIDTH = 22
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VALUES = {char: value for value, char in enumerate(ALPHABET)}


class PublicIdInvalid(ValueError):
    """The text is not a public id of the expected kind."""


def new_id() -> UUID:
    """A fresh UUIDv7: unique, and ordered by the time it was made."""
    return UUID(int=uuid_utils.uuid7().int)


def derive_id(base: UUID, number: int) -> UUID:
    """The same UUIDv7 for the same base and number, of the base's own instant: for what one request begins again."""
    digest = sha256(base.bytes + number.to_bytes(8)).digest()
    drawn = int.from_bytes(digest[:10]) & ~(0b1111 << 76) & ~(0b11 << 62)
    return UUID(int=base.int >> 80 << 80 | 7 << 76 | 0b10 << 62 | drawn)


def first_id_at(instant: datetime) -> UUID:
    """No UUIDv7 made at or after this instant is smaller: its first 48 bits are milliseconds since 1970."""
    return UUID(int=(instant - _EPOCH) // timedelta(milliseconds=1) << 80)


def encode_id(prefix: str, value: UUID) -> str:
    """`pi` and a UUID to `pi_…`, 22 base62 digits."""
    number = value.int
    digits = []
    for _ in range(WIDTH):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return f"{prefix}_{''.join(reversed(digits))}"


def decode_id(prefix: str, text: str) -> UUID:
    """`pi_…` back to its UUID. Raises PublicIdInvalid for any other prefix, length or character."""
    head, separator, tail = text.rpartition("_")
    if not separator or head != prefix or len(tail) != WIDTH:
        raise PublicIdInvalid(f"{text[:64]!r} is not a {prefix}_ id.")
    number = 0
    for char in tail:
        value = _VALUES.get(char)
        if value is None:
            raise PublicIdInvalid(f"{text[:64]!r} is not a {prefix}_ id.")
        number = number * 62 + value
    if number >= 1 << 128:
        raise PublicIdInvalid(f"{text[:64]!r} is not a {prefix}_ id.")
    return UUID(int=number)
