"""The data keys of a merchant: made at its first encryption, unwrapped once, kept in memory for five minutes.

One is current and encrypts; superseded ones open what they encrypted. What does not live here: the encryption of
fields (fields.py), key-encryption keys (wrapping.py), who replaces a current key (rotation.py).
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foundation import clock, ids
from foundation.ids import PublicIdInvalid, decode_id
from foundation.transactions import transaction_is_open
from foundation.vault.errors import VaultKeyMissing, VaultKeyRetired
from foundation.vault.models import DataKey, VaultKey
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
    """Unwrapped keys by what they are asked for by: at most `entries`, each for `seconds`; the least recently used
    leaves."""

    def __init__(self, *, entries: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._entries = entries
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[float, OpenKey]] = OrderedDict()

    def find(self, asked: Hashable) -> OpenKey | None:
        with self._lock:
            entry = self._kept.get(asked)
            if entry is None:
                return None
            until, key = entry
            if until <= self._clock():
                del self._kept[asked]
                return None
            self._kept.move_to_end(asked)
            return key

    def keep(self, asked: Hashable, key: OpenKey) -> None:
        with self._lock:
            self._kept[asked] = (self._clock() + self._seconds, key)
            self._kept.move_to_end(asked)
            while len(self._kept) > self._entries:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)


_current = OpenKeyCache(entries=CACHE_ENTRIES, seconds=CACHE_SECONDS)
_named = OpenKeyCache(entries=CACHE_ENTRIES, seconds=CACHE_SECONDS)


def key_for_encryption(merchant_id: UUID) -> OpenKey:
    """The merchant's current data key, made if there is none. Raises VaultKeyRetired.

    Joins the caller's transaction when one is open: the key stands or falls with the first row that uses it.
    """
    return _current.find(merchant_id) or _load_current(merchant_id) or make_data_key(merchant_id)


def key_for_decryption(merchant_id: UUID, public_id: str) -> OpenKey:
    """The data key a ciphertext names. Raises VaultKeyMissing when the merchant has no such key, or no more."""
    return _named.find((merchant_id, public_id)) or _load_named(merchant_id, public_id)


def forget_open_keys() -> None:
    """Drop every unwrapped key of this process."""
    _current.clear()
    _named.clear()


def wrapping_context(merchant_id: UUID, data_key_id: UUID) -> bytes:
    """What a wrapped key is bound to: it does not open in another merchant's row."""
    return f"foundation_datakey:{merchant_id}:{data_key_id}".encode()


def note_key_in_use(key_id: str) -> None:
    """Enter a key-encryption key into the register before it wraps anything. Raises VaultKeyRetired."""
    VaultKey.objects.bulk_create([VaultKey(key_id=key_id)], ignore_conflicts=True)
    if VaultKey.objects.filter(key_id=key_id, retired_at__isnull=False).exists():
        raise VaultKeyRetired(
            f"Key {key_id}, the first of VAULT_KEYS, was retired: restart with the new keys."
        )


def make_data_key(merchant_id: UUID) -> OpenKey:
    """A new current data key, for a merchant who has none. Raises VaultKeyRetired."""
    data_key_id = ids.new_id()
    wrapper = get_key_wrapper()
    note_key_in_use(wrapper.newest_key_id)
    wrapped = wrapper.wrap(os.urandom(KEY_BYTES), context=wrapping_context(merchant_id, data_key_id))
    row = DataKey(
        id=data_key_id, merchant_id=merchant_id, wrapped_key=wrapped.text, wrapping_key_id=wrapped.key_id
    )
    # Two first encryptions at once: the unique merchant lets one row in, and both read that one back.
    DataKey.objects.for_merchant(merchant_id).bulk_create([row], ignore_conflicts=True)
    key = _load_current(merchant_id)
    if key is None:
        raise VaultKeyMissing(f"Merchant {merchant_id} got no data key; is the isolation READ COMMITTED?")
    return key


def _load_current(merchant_id: UUID) -> OpenKey | None:
    row = DataKey.objects.for_merchant(merchant_id).filter(superseded_at__isnull=True).first()
    if row is None:
        return None
    key = _open(row)
    if _is_surely_committed(row):
        _current.keep(merchant_id, key)
    return key


def _load_named(merchant_id: UUID, public_id: str) -> OpenKey:
    missing = VaultKeyMissing(f"Merchant {merchant_id} has no data key {public_id}.")
    try:
        data_key_id = decode_id(DataKey.public_prefix, public_id)
    except PublicIdInvalid:
        raise missing from None
    row = DataKey.objects.for_merchant(merchant_id).filter(pk=data_key_id).first()
    if row is None:
        raise missing
    if row.retired_at is not None:
        raise VaultKeyMissing(f"Data key {public_id} of merchant {merchant_id} was retired.")
    return _open(row)


def _open(row: DataKey) -> OpenKey:
    wrapped = WrappedKey(text=row.wrapped_key, key_id=row.wrapping_key_id)
    plain = get_key_wrapper().unwrap(wrapped, context=wrapping_context(row.merchant_id, row.id))
    key = OpenKey(public_id=row.public_id, cipher=AESGCM(plain))
    if _is_surely_committed(row):
        _named.keep((row.merchant_id, row.public_id), key)
    return key


def _is_surely_committed(row: DataKey) -> bool:
    # The key of a transaction that rolls back is on no disk, and all it encrypts afterwards would be lost.
    return not transaction_is_open() or row.created_at < clock.now() - LONGER_THAN_ANY_TRANSACTION
