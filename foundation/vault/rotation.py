"""Rotation: data keys come under the newest key-encryption key while everything runs.

To rotate: put a new key first in VAULT_KEYS, restart, run `rotate_vault_keys`, then drop the old key. Fields
keep their ciphertext; only the wrapping of the data keys changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from foundation.vault.data_keys import wrapping_context
from foundation.vault.errors import VaultCorrupted, VaultKeyMissing
from foundation.vault.models import DataKey
from foundation.vault.wrapping import KeyWrapper, WrappedKey, get_key_wrapper

BATCH_ROWS = 200


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did, in data keys. unreadable ones stayed as they were."""

    key_id: str
    rewrapped: int
    already_current: int
    unreadable: int


def rotate_vault_keys() -> Rotation:
    """Re-wrap every data key that is not under the newest key-encryption key.

    Writes: foundation_datakey, one transaction per 200 rows. Safe to repeat and to stop halfway: a row is
    replaced only while it is still under the key it was read with.
    """
    wrapper = get_key_wrapper()
    already_current = DataKey.across_merchants.filter(wrapping_key_id=wrapper.newest_key_id).count()
    rewrapped = unreadable = 0
    last_id: UUID | None = None
    while True:
        outdated = DataKey.across_merchants.exclude(wrapping_key_id=wrapper.newest_key_id).order_by("id")
        batch = list((outdated.filter(id__gt=last_id) if last_id else outdated)[:BATCH_ROWS])
        if not batch:
            return Rotation(wrapper.newest_key_id, rewrapped, already_current, unreadable)
        done, failed = rewrap_batch(wrapper=wrapper, batch=batch)
        rewrapped += done
        unreadable += failed
        last_id = batch[-1].id


@owns_transaction
def rewrap_batch(*, wrapper: KeyWrapper, batch: list[DataKey]) -> tuple[int, int]:
    """Re-wrap some data keys; how many were, and how many could not be opened."""
    rewrapped = unreadable = 0
    for row in batch:
        context = wrapping_context(row.merchant_id, row.id)
        try:
            plain = wrapper.unwrap(
                WrappedKey(text=row.wrapped_key, key_id=row.wrapping_key_id), context=context
            )
        except (VaultCorrupted, VaultKeyMissing):
            unreadable += 1
            continue
        fresh = wrapper.wrap(plain, context=context)
        rewrapped += DataKey.across_merchants.filter(id=row.id, wrapped_key=row.wrapped_key).update(
            wrapped_key=fresh.text, wrapping_key_id=fresh.key_id, rewrapped_at=clock.now()
        )
    return rewrapped, unreadable
