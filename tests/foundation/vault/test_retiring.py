"""A key is given up only once nothing is under it; what is left under which is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import IntegrityError, connection, transaction

from foundation import clock
from foundation.audit.models import AuditEvent
from foundation.tenancy.models import Merchant
from foundation.vault import data_keys, standing
from foundation.vault.errors import VaultKeyRetired, VaultKeysDropped
from foundation.vault.fields import encrypt_field
from foundation.vault.models import DataKey, VaultKey
from foundation.vault.standing import check_vault_keys, refuse_dropped_keys
from foundation.webhooks.models import WebhookEndpoint
from foundation.webhooks.secrets import seal_secret
from tests.foundation.vault.conftest import id_of, new_key, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys(settings: Any) -> tuple[str, str]:
    """An old key that wraps a merchant's data key, and a new one in front of it."""
    old, new = new_key(), new_key()
    settings.VAULT_KEYS = [old]
    shop = Merchant.objects.create(name="Vault Shop", default_currency="usd")
    endpoint = WebhookEndpoint(
        merchant=shop, url="https://example.com", enabled_events=["*"], api_version="x"
    )
    endpoint.secret_encrypted = seal_secret(endpoint, "whsec_1")
    endpoint.save(force_insert=True)
    settings.VAULT_KEYS = [new, old]
    return old, new


def shop() -> Merchant:
    return Merchant.objects.get(name="Vault Shop")


def age_superseded() -> None:
    DataKey.objects.for_merchant(shop().id).exclude(superseded_at=None).update(
        superseded_at=clock.now() - timedelta(days=2)
    )


def test_a_key_that_still_wraps_something_is_not_retired(keys: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="is still needed by 1 data keys: run rotate_vault_keys"):
        run("retire_vault_key", id_of(keys[0]))

    assert VaultKey.objects.get(pk=id_of(keys[0])).retired_at is None


def test_a_key_is_retired_after_rotation_once_and_with_evidence(keys: tuple[str, str]) -> None:
    run("rotate_vault_keys")

    first = run("retire_vault_key", id_of(keys[0]))
    second = run("retire_vault_key", id_of(keys[0]))

    assert first == second
    kept = VaultKey.objects.get(pk=id_of(keys[0]))
    assert kept.retired_by == "command:retire_vault_key"
    event = AuditEvent.objects.filter(table_name="foundation_vaultkey", row_id=id_of(keys[0])).latest("id")
    assert set(event.after) == {"retired_at", "retired_by"}


@pytest.mark.parametrize("which", ["newest", "unknown"])
def test_the_newest_and_an_unknown_key_are_not_retired(keys: tuple[str, str], which: str) -> None:
    with pytest.raises(CommandError):
        run("retire_vault_key", id_of(keys[1]) if which == "newest" else "0123456789ab")

    assert not VaultKey.objects.filter(retired_at__isnull=False).exists()


def test_a_process_with_yesterdays_settings_wraps_nothing_with_a_retired_key(
    keys: tuple[str, str], settings: Any
) -> None:
    run("rotate_vault_keys")
    run("retire_vault_key", id_of(keys[0]))
    settings.VAULT_KEYS = [keys[0]]
    late = Merchant.objects.create(name="Late", default_currency="usd")

    with pytest.raises(VaultKeyRetired):
        encrypt_field(late.id, "secret", table="t", column="c", row_id="1")
    with pytest.raises(IntegrityError, match="was retired"), transaction.atomic():
        DataKey.objects.for_merchant(late.id).create(
            merchant=late, wrapped_key="x", wrapping_key_id=id_of(keys[0])
        )

    assert not DataKey.objects.for_merchant(late.id).exists()


def test_what_is_left_under_each_key_is_told(keys: tuple[str, str]) -> None:
    before = run("describe_vault_keys")
    run("rotate_vault_keys", "--renew-data-keys")
    after = run("describe_vault_keys")

    assert before["newest"] == id_of(keys[1])
    told = {key["key_id"]: key for key in before["keys"]}
    assert told[id_of(keys[0])] == {
        "key_id": id_of(keys[0]),
        "in_settings": True,
        "retired_at": None,
        "under_it": {"data keys": 1},
    }
    assert {key["key_id"]: key["under_it"] for key in after["keys"]}[id_of(keys[0])] == {}
    (superseded,) = [one for one in after["superseded_data_keys"] if one["merchant"] == shop().public_id]
    assert superseded["under_it"] == {}


def test_a_data_key_is_retired_only_when_it_opens_nothing_and_has_rested(keys: tuple[str, str]) -> None:
    run("rotate_vault_keys", "--renew-data-keys")
    old = DataKey.objects.for_merchant(shop().id).exclude(superseded_at=None).get()
    current = DataKey.objects.for_merchant(shop().id).get(superseded_at=None)

    with pytest.raises(CommandError, match="superseded less than a day ago"):
        run("retire_vault_key", old.public_id)
    with pytest.raises(CommandError, match="current one"):
        run("retire_vault_key", current.public_id)
    age_superseded()
    data_keys._current.keep(shop().id, data_keys.key_for_decryption(shop().id, old.public_id))
    endpoint = WebhookEndpoint.objects.for_merchant(shop().id).get()
    WebhookEndpoint.objects.for_merchant(shop().id).update(secret_encrypted=seal_secret(endpoint, "whsec_2"))
    data_keys.forget_open_keys()
    with pytest.raises(CommandError, match=r"still opens 1 in foundation_webhookendpoint\.secret_encrypted"):
        run("retire_vault_key", old.public_id)

    assert DataKey.objects.for_merchant(shop().id).get(pk=old.pk).retired_at is None
    run("rotate_vault_keys")
    assert run("retire_vault_key", "--superseded") == {"retired": 1, "kept": []}
    gone = DataKey.objects.for_merchant(shop().id).get(pk=old.pk)
    assert (gone.retired_at is not None, gone.wrapped_key) == (True, "")


def test_a_key_dropped_before_it_was_retired_stops_the_start_with_one_sentence(
    keys: tuple[str, str], settings: Any
) -> None:
    settings.VAULT_KEYS = [keys[1]]
    settings.VAULT_KEYS_ENFORCED = True
    standing._looked_at.clear()

    with pytest.raises(VaultKeysDropped) as refusal:
        refuse_dropped_keys(connection=NeverClosed())
    (said,) = check_vault_keys(databases=["default"])

    assert str(refusal.value) == said.msg
    assert said.msg.startswith("VAULT_KEYS lacks ")
    assert id_of(keys[0]) in said.msg
    assert said.id == "foundation.E002"


def test_a_key_dropped_after_it_was_retired_is_missed_by_nobody(keys: tuple[str, str], settings: Any) -> None:
    # Other keys of this test database are none of this test's.
    VaultKey.objects.exclude(pk__in=[id_of(keys[0]), id_of(keys[1])]).update(retired_at=clock.now())
    run("rotate_vault_keys")
    run("retire_vault_key", id_of(keys[0]))
    settings.VAULT_KEYS = [keys[1]]
    settings.VAULT_KEYS_ENFORCED = True
    standing._looked_at.clear()

    refuse_dropped_keys(connection=NeverClosed())

    assert check_vault_keys(databases=["default"]) == []
    assert standing._looked_at == {"default"}
    standing._looked_at.clear()


def test_a_retired_key_in_front_is_an_error_of_the_check(keys: tuple[str, str], settings: Any) -> None:
    run("rotate_vault_keys")
    run("retire_vault_key", id_of(keys[0]))
    settings.VAULT_KEYS = [keys[0], keys[1]]

    errors = check_vault_keys(databases=["default"])

    assert [error.id for error in errors] == ["foundation.E003"]


class NeverClosed:
    """The test's own connection, which must outlive the refusal."""

    alias = "default"
    settings_dict: dict[str, Any] = {}

    def cursor(self) -> Any:
        return connection.cursor()

    def close(self) -> None:
        pass
