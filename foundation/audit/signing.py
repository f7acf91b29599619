"""The keys of the seals: Ed25519, the private one from AUDIT_SIGNING_KEY, the public one for whoever verifies.

Free of Django: the offline verifier stands on it. A seal names its key by `key_id`, so that a key can be
replaced: the new one comes first in AUDIT_SIGNING_KEY, the old ones stay behind it and verify what they signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES = 32
KEY_ID_DIGITS = 16


class KeyUnreadable(ValueError):
    """A key is not base64url of 32 bytes. The message never shows it."""


class VerifyingKeys:
    """Public keys by their id."""

    def __init__(self, keys: Sequence[Ed25519PublicKey]) -> None:
        self._keys = {_key_id(key): key for key in keys}

    @classmethod
    def from_text(cls, text: str) -> VerifyingKeys:
        """Public keys as base64url, comma-separated. Raises KeyUnreadable."""
        return cls([Ed25519PublicKey.from_public_bytes(key) for key in _read_keys(text)])

    def approves(self, key_id: str, signature: str, content: bytes) -> bool:
        """Whether the key of this id signed the content; False for an unknown key."""
        key = self._keys.get(key_id)
        if key is None:
            return False
        try:
            key.verify(_decode(signature), content)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


class SigningKey:
    """Signs with the first key of AUDIT_SIGNING_KEY; `verifying` are the public halves of all of them."""

    def __init__(self, text: str) -> None:
        keys = [Ed25519PrivateKey.from_private_bytes(key) for key in _read_keys(text)]
        self._key = keys[0]
        self.key_id = _key_id(keys[0].public_key())
        self.verifying = VerifyingKeys([key.public_key() for key in keys])

    @property
    def public_text(self) -> str:
        """The public key as base64url: what an auditor gives to the offline verifier."""
        return base64.urlsafe_b64encode(self._key.public_key().public_bytes_raw()).decode()

    def sign(self, content: bytes) -> str:
        return base64.urlsafe_b64encode(self._key.sign(content)).decode()


def _key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(b"audit key id:" + key.public_bytes_raw()).hexdigest()[:KEY_ID_DIGITS]


def _read_keys(text: str) -> list[bytes]:
    keys = []
    for part in text.split(","):
        try:
            key = _decode(part.strip())
        except (binascii.Error, ValueError):
            raise KeyUnreadable("A key of the seals is not base64url text.") from None
        if len(key) != KEY_BYTES:
            raise KeyUnreadable(f"A key of the seals has {len(key)} bytes, and Ed25519 needs {KEY_BYTES}.")
        keys.append(key)
    return keys


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
