"""The data key of a merchant: made at its first encryption, unwrapped once, kept in memory for five minutes.

What does not live here: the encryption of fields (fields.py), key-encryption keys (wrapping.py).
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foundation import clock, ids
from foundation.transactions import transaction_is_open
from foundation.vault.errors import VaultKeyMissing
from foundation.vault.models import DataKey
from foundation.vault.wrapping import KEY_BYTES, WrappedKey, get_key_wrapper

CACHE_ENTRIES = 1_024
CACHE_SECONDS = 300.0
LONGER_THAN_ANY_TRANSACTION = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class OpenKey:
    """An unwrapped data key, ready to use. Its cipher never shows in a repr."""

    public_id: str
    cipher: AESGCM = field(repr=False)


class OpenKeyCache:
    """Unwrapped keys by merchant: at most `entries`, each for `seconds`; the least recently used leaves."""

    def __init__(self, *, entries: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._entries = entries
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[UUID, tuple[float, OpenKey]] = OrderedDict()

    def find(self, merchant_id: UUID) -> OpenKey | None:
        with self._lock:
            entry = self._kept.get(merchant_id)
            if entry is None:
                return None
            until, key = entry
            if until <= self._clock():
                del self._kept[merchant_id]
                return None
            self._kept.move_to_end(merchant_id)
            return key

    def keep(self, merchant_id: UUID, key: OpenKey) -> None:
        with self._lock:
            self._kept[merchant_id] = (self._clock() + self._seconds, key)
            self._kept.move_to_end(merchant_id)
            while len(self._kept) > self._entries:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)


_cache = OpenKeyCache(entries=CACHE_ENTRIES, seconds=CACHE_SECONDS)


def key_for_encryption(merchant_id: UUID) -> OpenKey:
    """The merchant's data key, made if there is none.

    Joins the caller's transaction when one is open: the key stands or falls with the first row that uses it.
    """
    return _cache.find(merchant_id) or _load(merchant_id) or _make(merchant_id)


def key_for_decryption(merchant_id: UUID, public_id: str) -> OpenKey:
    """The data key a ciphertext names. Raises VaultKeyMissing when the merchant has no such key."""
    key = _cache.find(merchant_id) or _load(merchant_id)
    if key is None or key.public_id != public_id:
        raise VaultKeyMissing(f"Merchant {merchant_id} has no data key {public_id}.")
    return key


def forget_open_keys() -> None:
    """Drop every unwrapped key of this process."""
    _cache.clear()


def wrapping_context(merchant_id: UUID, data_key_id: UUID) -> bytes:
    """What a wrapped key is bound to: it does not open in another merchant's row."""
    return f"foundation_datakey:{merchant_id}:{data_key_id}".encode()


def _load(merchant_id: UUID) -> OpenKey | None:
    row = DataKey.objects.for_merchant(merchant_id).first()
    if row is None:
        return None
    wrapped = WrappedKey(text=row.wrapped_key, key_id=row.wrapping_key_id)
    plain = get_key_wrapper().unwrap(wrapped, context=wrapping_context(merchant_id, row.id))
    key = OpenKey(public_id=row.public_id, cipher=AESGCM(plain))
    if _is_surely_committed(row):
        _cache.keep(merchant_id, key)
    return key


def _is_surely_committed(row: DataKey) -> bool:
    # The key of a transaction that rolls back is on no disk, and all it encrypts afterwards would be lost.
    return not transaction_is_open() or row.created_at < clock.now() - LONGER_THAN_ANY_TRANSACTION


def _make(merchant_id: UUID) -> OpenKey:
    data_key_id = ids.new_id()
    wrapped = get_key_wrapper().wrap(
        os.urandom(KEY_BYTES), context=wrapping_context(merchant_id, data_key_id)
    )
    row = DataKey(
        id=data_key_id, merchant_id=merchant_id, wrapped_key=wrapped.text, wrapping_key_id=wrapped.key_id
    )
    # Two first encryptions at once: the unique merchant lets one row in, and both read that one back.
    DataKey.objects.for_merchant(merchant_id).bulk_create([row], ignore_conflicts=True)
    key = _load(merchant_id)
    if key is None:
        raise VaultKeyMissing(f"Merchant {merchant_id} got no data key; is the isolation READ COMMITTED?")
    return key
