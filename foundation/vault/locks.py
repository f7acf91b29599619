"""The locks of the vault: on a rotation, and on a key that is being retired."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import joins_transaction
from foundation.vault.models import DataKey, KeyRotation, VaultKey


@joins_transaction
def lock_rotation(rotation_id: UUID) -> KeyRotation:
    """Two who run the same rotation take turns, batch by batch."""
    return KeyRotation.objects.select_for_update(of=("self",)).get(pk=rotation_id)


@joins_transaction
def lock_vault_key(key_id: str) -> VaultKey | None:
    """Waits for every data key that is just being wrapped by it: their trigger holds the row FOR SHARE."""
    return VaultKey.objects.select_for_update(of=("self",)).filter(pk=key_id).first()


@joins_transaction
def lock_data_key(data_key_id: UUID) -> DataKey | None:
    return DataKey.across_merchants.select_for_update(of=("self",)).filter(pk=data_key_id).first()
