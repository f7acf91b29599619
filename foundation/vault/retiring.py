"""Giving a key up, once nothing is under it and nothing can come under it any more."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.transactions import outside_transaction, owns_transaction
from foundation.vault.data_keys import forget_open_keys
from foundation.vault.errors import VaultKeyStillNeeded
from foundation.vault.locks import lock_data_key, lock_vault_key
from foundation.vault.models import DataKey, VaultKey
from foundation.vault.reencryption import count_under, superseded_keys
from foundation.vault.sealed_columns import direct_secrets
from foundation.vault.wrapping import get_key_wrapper

# A process keeps a data key in memory for five minutes, and may have been frozen with one in its hand.
REST = timedelta(days=1)


@owns_transaction
def retire_vault_key(*, key_id: str) -> VaultKey:
    """Give up a key-encryption key: from now on VAULT_KEYS may lack it, and nothing is wrapped by it again.

    Raises: VaultKeyStillNeeded (it is the newest, unknown, or something is under it).
    Writes: the key. Safe to repeat.
    """
    if key_id == get_key_wrapper().newest_key_id:
        raise VaultKeyStillNeeded(f"Key {key_id} is the first of VAULT_KEYS: put a new one before it first.")
    key = lock_vault_key(key_id)
    if key is None:
        raise VaultKeyStillNeeded(f"No key {key_id} was ever used here.")
    if key.retired_at is not None:
        return key
    # Counted under the lock: whoever is just wrapping a data key with it has committed by now, or will be refused.
    under = count_wrapped(key_id)
    if under:
        told = ", ".join(f"{number} {name}" for name, number in under.items())
        raise VaultKeyStillNeeded(f"Key {key_id} is still needed by {told}: run rotate_vault_keys.")
    key.retired_at = clock.now()
    key.retired_by = current().actor[:128]
    key.save(update_fields=["retired_at", "retired_by"])
    return key


def count_wrapped(key_id: str) -> dict[str, int]:
    """How many secrets are right under a key-encryption key, by what they are; what has none is left out."""
    held = DataKey.across_merchants.filter(wrapping_key_id=key_id, retired_at__isnull=True).count()
    counts = {"data keys": held} | {one.name: one.count().get(key_id, 0) for one in direct_secrets()}
    return {name: number for name, number in counts.items() if number}


@owns_transaction
def retire_data_key(*, data_key_id: UUID) -> DataKey:
    """Give up a superseded data key and destroy it: the wrapped key is emptied, the row stays.

    Raises: VaultKeyStillNeeded (it is current, unknown, superseded less than a day ago, or something is under it).
    Writes: the data key. Safe to repeat.
    """
    key = lock_data_key(data_key_id)
    if key is None:
        raise VaultKeyStillNeeded("There is no such data key.")
    if key.retired_at is not None:
        return key
    if key.superseded_at is None:
        raise VaultKeyStillNeeded(
            f"{key} is its merchant's current one: run rotate_vault_keys --renew-data-keys."
        )
    if key.superseded_at > clock.now() - REST:
        raise VaultKeyStillNeeded(
            f"{key} was superseded less than a day ago: a process may still write with it."
        )
    under = count_under(key)
    if under:
        told = ", ".join(f"{number} in {name}" for name, number in under.items())
        raise VaultKeyStillNeeded(f"{key} still opens {told}: run rotate_vault_keys.")
    key.retired_at = clock.now()
    key.wrapped_key = ""
    key.save(update_fields=["retired_at", "wrapped_key"])
    return key


@outside_transaction
def retire_superseded_data_keys() -> tuple[int, list[str]]:
    """Every superseded data key that can be: how many were, and why the others were not. Safe to repeat."""
    retired, kept = 0, []
    for key in superseded_keys():
        try:
            retire_data_key(data_key_id=key.id)
            retired += 1
        except VaultKeyStillNeeded as refusal:
            kept.append(str(refusal))
    forget_open_keys()
    return retired, kept
