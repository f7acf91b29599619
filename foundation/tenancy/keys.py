"""The text of a secret key: made, recognised, hashed. Never stored, never logged."""

from __future__ import annotations

import hashlib
import re
import secrets

from foundation.ids import ALPHABET

# 43 base62 digits hold 256 bits.
RANDOM_DIGITS = 43
SHOWN_PREFIX_LENGTH = 12

_SHAPE = re.compile(r"sk_(test|live)_[0-9A-Za-z]{24,200}")


def new_secret(*, livemode: bool) -> str:
    """`sk_test_…` or `sk_live_…` with 256 random bits."""
    mode = "live" if livemode else "test"
    return f"sk_{mode}_" + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_DIGITS))


def hash_secret(secret: str) -> str:
    """Hex SHA-256. A slow hash protects guessable passwords; 256 random bits need none."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_well_formed(secret: str) -> bool:
    return _SHAPE.fullmatch(secret) is not None


def redacted(secret: str) -> str:
    """A key as an error message may quote it: its first and last characters."""
    if len(secret) < 16:
        return "*" * len(secret)
    return f"{secret[:8]}{'*' * 8}{secret[-4:]}"
