"""Key-encryption keys: the port to a key service and the local provider that reads VAULT_KEYS.

What does not live here: data keys themselves (data_keys.py) and what they encrypt (fields.py).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from foundation.vault.errors import VaultCorrupted, VaultKeyMissing

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_DIGITS = 12


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """text: base64url of the wrapped key. key_id: the key-encryption key that opens it."""

    text: str
    key_id: str


class KeyWrapper(Protocol):
    """What a key service (KMS, HSM) must do. `context` binds the wrapped key to its row and is authenticated.

    holds: whether it opens what this key wrapped. unwrap raises VaultKeyMissing for a key id it does not have,
    VaultCorrupted when the text does not open.
    """

    @property
    def newest_key_id(self) -> str: ...

    def holds(self, key_id: str) -> bool: ...

    def wrap(self, key: bytes, *, context: bytes) -> WrappedKey: ...

    def unwrap(self, wrapped: WrappedKey, *, context: bytes) -> bytes: ...


class LocalKeyWrapper:
    """Keys from the environment, newest first. Wraps with the first, unwraps with whichever the row names."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ImproperlyConfigured("VAULT_KEYS is empty: give at least one base64url key of 32 bytes.")
        self._ciphers = {key_id_of(key): AESGCM(key) for key in keys}
        self.newest_key_id = key_id_of(keys[0])

    def holds(self, key_id: str) -> bool:
        return key_id in self._ciphers

    def wrap(self, key: bytes, *, context: bytes) -> WrappedKey:
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._ciphers[self.newest_key_id].encrypt(nonce, key, context)
        return WrappedKey(text=base64.urlsafe_b64encode(sealed).decode(), key_id=self.newest_key_id)

    def unwrap(self, wrapped: WrappedKey, *, context: bytes) -> bytes:
        cipher = self._ciphers.get(wrapped.key_id)
        if cipher is None:
            raise VaultKeyMissing(
                f"VAULT_KEYS has no key {wrapped.key_id}: keep old keys until rotation is done."
            )
        try:
            sealed = base64.urlsafe_b64decode(wrapped.text)
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
        except (InvalidTag, ValueError) as error:
            raise VaultCorrupted(f"A data key wrapped under {wrapped.key_id} does not open.") from error


def key_id_of(key: bytes) -> str:
    """A short fingerprint: names the key in a row without telling anything of it."""
    return hashlib.sha256(b"vault key id:" + key).hexdigest()[:KEY_ID_DIGITS]


def parse_vault_keys(texts: Sequence[str]) -> list[bytes]:
    """VAULT_KEYS as bytes, newest first. Raises ImproperlyConfigured with one sentence; never shows a key."""
    keys = []
    for position, text in enumerate(texts, start=1):
        stripped = text.strip()
        try:
            key = base64.b64decode(stripped + "=" * (-len(stripped) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise ImproperlyConfigured(f"VAULT_KEYS: key {position} is not base64url text.") from None
        if len(key) != KEY_BYTES:
            raise ImproperlyConfigured(
                f"VAULT_KEYS: key {position} has {len(key)} bytes, and AES-256 needs {KEY_BYTES}."
            )
        keys.append(key)
    if not keys:
        raise ImproperlyConfigured("VAULT_KEYS is empty: give at least one base64url key of 32 bytes.")
    return keys


def local_key_wrapper() -> KeyWrapper:
    """The local provider over settings.VAULT_KEYS."""
    return LocalKeyWrapper(parse_vault_keys(settings.VAULT_KEYS))


@lru_cache(maxsize=1)
def _wrapper_of(factory: str, keys: tuple[str, ...]) -> KeyWrapper:
    wrapper: KeyWrapper = import_string(factory)()
    return wrapper


def get_key_wrapper() -> KeyWrapper:
    """The configured provider: settings.VAULT_KEY_WRAPPER names a callable that returns it."""
    factory = getattr(settings, "VAULT_KEY_WRAPPER", "foundation.vault.wrapping.local_key_wrapper")
    return _wrapper_of(factory, tuple(settings.VAULT_KEYS))
