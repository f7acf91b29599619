"""How the keys stand: what is under which, and whether VAULT_KEYS holds every key that is still needed.

In production a process whose VAULT_KEYS dropped a key too early may not work at all: it would refuse payments one by
one. It is looked at on the first connection, as the rights of the login are: at its start the database may be away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from foundation.ids import encode_id
from foundation.rights.owner import AS_OWNER
from foundation.tenancy.models import Merchant
from foundation.vault.errors import VaultKeysDropped
from foundation.vault.models import DataKey, VaultKey
from foundation.vault.reencryption import count_under, superseded_keys
from foundation.vault.sealed_columns import direct_secrets
from foundation.vault.wrapping import get_key_wrapper

HINT = "docs/runbooks/vault-rotation.md"


def describe_keys() -> dict[str, Any]:
    """Every key-encryption key with what is right under it, and every superseded data key with what it still opens."""
    wrapper = get_key_wrapper()
    retired = dict(VaultKey.objects.values_list("key_id", "retired_at"))
    wrapped = DataKey.across_merchants.filter(retired_at__isnull=True)
    holders = {one.name: dict(one.count()) for one in direct_secrets()}
    holders["data keys"] = {}
    for key_id in wrapped.order_by("wrapping_key_id").values_list("wrapping_key_id", flat=True).distinct():
        holders["data keys"][key_id] = wrapped.filter(wrapping_key_id=key_id).count()
    known = {wrapper.newest_key_id, *retired, *(key_id for held in holders.values() for key_id in held)}
    return {
        "newest": wrapper.newest_key_id,
        "keys": [
            {
                "key_id": key_id,
                "in_settings": wrapper.holds(key_id),
                "retired_at": at.isoformat() if (at := retired.get(key_id)) else None,
                "under_it": {name: held[key_id] for name, held in sorted(holders.items()) if key_id in held},
            }
            for key_id in sorted(known)
        ],
        "superseded_data_keys": [
            {
                "data_key": key.public_id,
                "merchant": encode_id(Merchant.public_prefix, key.merchant_id),
                "superseded_at": key.superseded_at.isoformat() if key.superseded_at else None,
                "under_it": count_under(key),
            }
            for key in superseded_keys()
        ],
    }


def find_dropped_keys() -> list[str]:
    """Keys that were never retired and that VAULT_KEYS lacks. One small read: the register has a row per key."""
    wrapper = get_key_wrapper()
    unretired = VaultKey.objects.filter(retired_at__isnull=True).values_list("key_id", flat=True)
    return [key_id for key_id in unretired if not wrapper.holds(key_id)]


def sentence_about(dropped: Sequence[str]) -> str:
    keys = ", ".join(dropped)
    return f"VAULT_KEYS lacks {keys}, still in use: put it back, rotate, and retire it before it is dropped."


_looked_at: set[str] = set()


def refuse_dropped_keys(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """On the first connection of a process where settings.VAULT_KEYS_ENFORCED: raises VaultKeysDropped, and leaves no
    connection behind."""
    is_meant = AS_OWNER in connection.settings_dict
    if not settings.VAULT_KEYS_ENFORCED or is_meant or connection.alias != DEFAULT_DB_ALIAS:
        return
    if connection.alias in _looked_at or not _register_exists(connection):
        return
    dropped = find_dropped_keys()
    if dropped:
        connection.close()
        raise VaultKeysDropped(sentence_about(dropped))
    _looked_at.add(connection.alias)


def _register_exists(connection: BaseDatabaseWrapper) -> bool:
    # Before the first migration there are no keys either.
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [VaultKey._meta.db_table])
        return bool(cursor.fetchone()[0])


def check_vault_keys(
    app_configs: Any = None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """The system check, for `check --database default`; `migrate` says the same at its end."""
    if DEFAULT_DB_ALIAS not in (databases or ()) or AS_OWNER in connection.settings_dict:
        return []
    try:
        if not _register_exists(connection):
            return []
        dropped = find_dropped_keys()
        newest = get_key_wrapper().newest_key_id
        is_retired = VaultKey.objects.filter(key_id=newest, retired_at__isnull=False).exists()
    except VaultKeysDropped as error:
        return [Error(str(error), hint=HINT, id="foundation.E002")]
    except DatabaseError:
        said = "Whether VAULT_KEYS holds every key in use is not known: the application could not connect."
        return [Warning(said, hint=HINT, id="foundation.W003")]
    if dropped:
        return [Error(sentence_about(dropped), hint=HINT, id="foundation.E002")]
    if is_retired:
        said = f"The first of VAULT_KEYS, {newest}, was retired: nothing new can be encrypted with it."
        return [Error(said, hint=HINT, id="foundation.E003")]
    return []


def watch_vault_keys() -> None:
    """Called once, from AppConfig.ready."""
    connection_created.connect(refuse_dropped_keys, dispatch_uid="foundation.vault")
    register(check_vault_keys, Tags.database)
