"""Rotation: every secret comes under the newest keys while everything runs.

In four stages, each in batches that stop and go on anywhere: data keys are wrapped anew; secrets right under a
key-encryption key are encrypted anew; where asked for, every merchant gets a new data key; and whatever a superseded
data key encrypted is encrypted anew under the current one. Readers open both all the while. What is left under which
key: standing.py. Giving a key up: retiring.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.transactions import joins_transaction, outside_transaction, owns_transaction
from foundation.vault.data_keys import forget_open_keys, make_data_key, note_key_in_use, wrapping_context
from foundation.vault.errors import VaultCorrupted, VaultKeyMissing
from foundation.vault.locks import lock_rotation
from foundation.vault.models import DataKey, KeyRotation
from foundation.vault.reencryption import reencrypt_some
from foundation.vault.sealed_columns import Moved, direct_secrets
from foundation.vault.wrapping import WrappedKey, get_key_wrapper

BATCH_ROWS = 200

Cursor = list[str | int] | None

REWRAP = "data keys"
RENEW = "new data keys"
REENCRYPT = "ciphertexts"


@outside_transaction
def rotate_vault_keys(*, renews_data_keys: bool = False) -> KeyRotation:
    """Bring everything under the newest key-encryption key, and under the merchants' current data keys.

    renews_data_keys: every merchant gets a new data key first; else only what earlier renewals left is moved.
    Raises: VaultKeyRetired (the newest key of VAULT_KEYS was given up), LockTimeout (run it again).
    Writes: the rotation with who and how many; data keys, ciphertexts: 200 rows and the cursor in one transaction.
    Safe to repeat and to kill: an open rotation to the same key goes on where it stopped, also beside another runner. A
    row is replaced only while it still holds what was read.
    """
    forget_open_keys()
    rotation_id = _find_or_begin(renews_data_keys)
    while not _take_batch(rotation_id):
        pass
    return KeyRotation.objects.get(pk=rotation_id)


@owns_transaction
def _find_or_begin(renews_data_keys: bool) -> UUID:
    key_id, context = get_key_wrapper().newest_key_id, current()
    note_key_in_use(key_id)
    fresh = KeyRotation(
        key_id=key_id,
        renews_data_keys=renews_data_keys,
        actor=context.actor[:128],
        reason=context.reason[:500],
        stage=REWRAP,
    )
    KeyRotation.objects.bulk_create([fresh], ignore_conflicts=True)
    open_one = KeyRotation.objects.get(
        key_id=key_id, renews_data_keys=renews_data_keys, finished_at__isnull=True
    )
    return open_one.id


@owns_transaction
def _take_batch(rotation_id: UUID) -> bool:
    """Whether there is nothing left to do."""
    rotation = lock_rotation(rotation_id)
    if rotation.finished_at is not None:
        return True
    moved = _move(rotation)
    rotation.counts = _added(rotation.counts, moved.done)
    rotation.unreadable = _added(rotation.unreadable, moved.unreadable)
    rotation.cursor = moved.cursor
    if moved.cursor is None:
        stages = _stages(rotation)
        behind = stages[stages.index(rotation.stage) + 1 :]
        rotation.stage = behind[0] if behind else rotation.stage
        rotation.finished_at = None if behind else clock.now()
    rotation.save(update_fields=["counts", "unreadable", "cursor", "stage", "finished_at"])
    return rotation.finished_at is not None


def _stages(rotation: KeyRotation) -> list[str]:
    renewal = [RENEW] if rotation.renews_data_keys else []
    return [REWRAP, *(secrets.name for secrets in direct_secrets()), *renewal, REENCRYPT]


@joins_transaction
def _move(rotation: KeyRotation) -> Moved:
    if rotation.stage == REWRAP:
        return _rewrap(rotation.cursor)
    if rotation.stage == RENEW:
        return _renew(rotation)
    # This process may have made or read a merchant's data key before another one superseded it.
    forget_open_keys()
    if rotation.stage == REENCRYPT:
        return reencrypt_some(rotation.cursor, BATCH_ROWS)
    secrets = next(one for one in direct_secrets() if one.name == rotation.stage)
    return secrets.move(rotation.cursor, BATCH_ROWS)


def _rewrap(cursor: Cursor) -> Moved:
    wrapper = get_key_wrapper()
    # A retired one wraps nothing any more, whoever's name it bears.
    outdated = DataKey.across_merchants.filter(retired_at__isnull=True)
    outdated = outdated.exclude(wrapping_key_id=wrapper.newest_key_id)
    batch = list((outdated.filter(id__gt=cursor[0]) if cursor else outdated).order_by("id")[:BATCH_ROWS])
    done: Counter[str] = Counter()
    unreadable: Counter[str] = Counter()
    for row in batch:
        context = wrapping_context(row.merchant_id, row.id)
        try:
            plain = wrapper.unwrap(
                WrappedKey(text=row.wrapped_key, key_id=row.wrapping_key_id), context=context
            )
        except (VaultCorrupted, VaultKeyMissing):
            unreadable[REWRAP] += 1
            continue
        fresh = wrapper.wrap(plain, context=context)
        done[REWRAP] += DataKey.across_merchants.filter(id=row.id, wrapped_key=row.wrapped_key).update(
            wrapped_key=fresh.text, wrapping_key_id=fresh.key_id, rewrapped_at=clock.now()
        )
    return Moved([str(batch[-1].id)] if batch else None, done, unreadable)


def _renew(rotation: KeyRotation) -> Moved:
    """A new data key for each merchant whose current one is older than the rotation."""
    old = DataKey.across_merchants.filter(superseded_at__isnull=True, created_at__lt=rotation.started_at)
    # By merchant, which does not change with the key: nobody is renewed twice, whatever the runners' clocks say.
    behind = old.filter(merchant_id__gt=rotation.cursor[0]) if rotation.cursor else old
    batch = list(behind.order_by("merchant_id")[:BATCH_ROWS])
    done: Counter[str] = Counter()
    for row in batch:
        superseded = DataKey.across_merchants.filter(id=row.id, superseded_at__isnull=True)
        if superseded.update(superseded_at=clock.now()):
            make_data_key(row.merchant_id)
            done[RENEW] += 1
    return Moved([str(batch[-1].merchant_id)] if batch else None, done)


def _added(counts: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(counts) + Counter(more))
