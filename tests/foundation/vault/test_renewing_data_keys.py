"""Every merchant gets a new data key, and what the old one encrypted moves under it while everything runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import connection

from foundation import clock, ids
from foundation.audit.models import AuditEvent
from foundation.context import acting
from foundation.tenancy.models import Merchant
from foundation.vault import data_keys, rotation
from foundation.vault.errors import VaultKeyMissing
from foundation.vault.fields import decrypt_field, encrypt_field
from foundation.vault.models import DataKey, KeyRotation
from foundation.vault.rotation import rotate_vault_keys
from foundation.webhooks.models import WebhookEndpoint
from foundation.webhooks.secrets import active_secrets, open_secret, seal_secret
from tests.foundation.vault.conftest import run

pytestmark = pytest.mark.django_db

SECRET = "foundation_webhookendpoint.secret_encrypted"
PREVIOUS = "foundation_webhookendpoint.previous_secret_encrypted"


@pytest.fixture
def shop(db: None) -> Merchant:
    return Merchant.objects.create(name="Vault Shop", default_currency="usd")


def endpoint_of(shop: Merchant, number: int) -> WebhookEndpoint:
    """One that is just rolling its secret, so that both of its columns are sealed."""
    endpoint = WebhookEndpoint(
        merchant=shop, url=f"https://example.com/{number}", enabled_events=["*"], api_version="x"
    )
    endpoint.previous_secret_encrypted = seal_secret(endpoint, f"whsec_old{number}")
    endpoint.previous_secret_expires_at = clock.now() + timedelta(hours=1)
    endpoint.secret_encrypted = seal_secret(endpoint, f"whsec_new{number}")
    endpoint.save(force_insert=True)
    return endpoint


def key_of(ciphertext: str) -> str:
    return ciphertext.split(".")[1]


@pytest.fixture
def small_batches() -> Iterator[None]:
    """Three rows at a time: a few rows make many batches."""
    kept = rotation.BATCH_ROWS
    rotation.BATCH_ROWS = 3
    yield
    rotation.BATCH_ROWS = kept


def test_everything_moves_to_the_new_data_key_and_still_opens(shop: Merchant, small_batches: None) -> None:
    endpoints = [endpoint_of(shop, number) for number in range(8)]
    old = DataKey.objects.for_merchant(shop.id).get()

    counts = run("rotate_vault_keys", "--renew-data-keys", "--reason", "A laptop was stolen.")

    assert counts["renewed"] >= 1
    assert counts["reencrypted"] == {SECRET: 8, PREVIOUS: 8}
    current = DataKey.objects.for_merchant(shop.id).get(superseded_at=None)
    assert current.id != old.id
    for number, before in enumerate(endpoints):
        now = WebhookEndpoint.objects.for_merchant(shop.id).get(pk=before.pk)
        assert key_of(now.secret_encrypted) == key_of(now.previous_secret_encrypted) == current.public_id
        assert active_secrets(now, clock.now()) == [f"whsec_new{number}", f"whsec_old{number}"]
    kept = KeyRotation.objects.get()
    assert (kept.actor, kept.reason) == ("command:rotate_vault_keys", "A laptop was stolen.")
    assert kept.finished_at is not None


def test_every_moved_row_leaves_evidence_without_its_content(shop: Merchant) -> None:
    endpoint = endpoint_of(shop, 1)

    with acting(actor="command:rotate_vault_keys"):
        rotate_vault_keys(renews_data_keys=True)

    moved = AuditEvent.objects.filter(
        table_name="foundation_webhookendpoint", row_id=str(endpoint.id), operation="UPDATE"
    )
    assert {name for event in moved for name in event.after} == {
        "secret_encrypted",
        "previous_secret_encrypted",
    }
    assert all(event.actor == "command:rotate_vault_keys" for event in moved)
    assert all(text.startswith("sha256:") for event in moved for text in event.after.values())


def test_a_second_run_moves_nothing(shop: Merchant) -> None:
    endpoint = endpoint_of(shop, 1)
    run("rotate_vault_keys", "--renew-data-keys")
    stored = WebhookEndpoint.objects.for_merchant(shop.id).get(pk=endpoint.pk).secret_encrypted

    counts = run("rotate_vault_keys")

    assert (counts["renewed"], counts["reencrypted"]) == (0, {})
    assert WebhookEndpoint.objects.for_merchant(shop.id).get(pk=endpoint.pk).secret_encrypted == stored


def test_a_rotation_that_died_goes_on_where_it_stopped(shop: Merchant, small_batches: None) -> None:
    for number in range(8):
        endpoint_of(shop, number)
    writes = 0

    class Killed(BaseException):
        pass

    def dies_at_the_fifth(execute: Any, statement: str, *rest: Any) -> Any:
        nonlocal writes
        if "UPDATE" in str(statement) and "webhookendpoint" in str(statement):
            writes += 1
            if writes == 5:
                raise Killed
        return execute(statement, *rest)

    with pytest.raises(Killed), connection.execute_wrapper(dies_at_the_fifth):
        rotate_vault_keys(renews_data_keys=True)
    dead = KeyRotation.objects.get()
    # The batch of the fifth row is gone as a whole; the one before stands with its cursor.
    assert dead.finished_at is None
    assert sum(dead.counts.get(name, 0) for name in (SECRET, PREVIOUS)) == 3
    data_keys.forget_open_keys()

    again = rotate_vault_keys(renews_data_keys=True)

    assert again.id == dead.id
    assert again.counts == {"new data keys": again.counts["new data keys"], SECRET: 8, PREVIOUS: 8}
    assert DataKey.objects.for_merchant(shop.id).count() == 2
    opened = {open_secret(row) for row in WebhookEndpoint.objects.for_merchant(shop.id)}
    assert opened == {f"whsec_new{number}" for number in range(8)}


def test_a_process_that_still_writes_with_the_old_key_is_read_and_moved_later(shop: Merchant) -> None:
    endpoint = endpoint_of(shop, 1)
    run("rotate_vault_keys", "--renew-data-keys")
    old = DataKey.objects.for_merchant(shop.id).exclude(superseded_at=None).get()
    # Another process kept the old key in memory for some minutes more.
    old_key = data_keys.key_for_decryption(shop.id, old.public_id)
    data_keys._current.keep(shop.id, old_key)
    late = endpoint_of(shop, 2)
    data_keys.forget_open_keys()

    assert key_of(late.secret_encrypted) == old.public_id
    assert open_secret(late) == "whsec_new2"
    counts = run("rotate_vault_keys")

    assert counts["reencrypted"] == {SECRET: 1, PREVIOUS: 1}
    moved = WebhookEndpoint.objects.for_merchant(shop.id).get(pk=late.pk)
    assert key_of(moved.secret_encrypted) != old.public_id
    assert open_secret(moved) == "whsec_new2"
    assert open_secret(WebhookEndpoint.objects.for_merchant(shop.id).get(pk=endpoint.pk)) == "whsec_new1"


def test_kept_answers_of_requests_move_as_well(shop: Merchant) -> None:
    key_id = ids.new_id()
    place = {"table": "foundation_idempotencykey", "column": "response_body", "row_id": str(key_id)}
    sealed = encrypt_field(shop.id, '{"id": "pi_1"}', **place).encode()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO foundation_idempotencykey (id, merchant_id, key, request_hash, method, path,"
            " recovery_point, reserved_id, lease_until, fencing_token, request_id, created_at, response_status,"
            " response_body, finished_at) VALUES (%s, %s, 'k', 'h', 'POST', '/v1', 'finished', %s, now(), 1, '',"
            " now(), 200, %s, now())",
            [key_id, shop.id, ids.new_id(), sealed],
        )

    counts = run("rotate_vault_keys", "--renew-data-keys")

    assert counts["reencrypted"] == {"foundation_idempotencykey.response_body": 1}
    with connection.cursor() as cursor:
        cursor.execute("SELECT response_body FROM foundation_idempotencykey WHERE id = %s", [key_id])
        stored = bytes(cursor.fetchone()[0]).decode()
    assert stored.encode() != sealed
    assert decrypt_field(shop.id, stored, **place) == '{"id": "pi_1"}'


def test_a_ciphertext_that_does_not_open_is_left_alone_and_reported(shop: Merchant) -> None:
    sound, broken = endpoint_of(shop, 1), endpoint_of(shop, 2)
    rows = WebhookEndpoint.objects.for_merchant(shop.id)
    # A ciphertext of another row: bound elsewhere, it does not open here.
    rows.filter(pk=broken.pk).update(secret_encrypted=sound.secret_encrypted)

    with pytest.raises(CommandError, match=f"1 of {SECRET}"):
        run("rotate_vault_keys", "--renew-data-keys")

    assert rows.get(pk=broken.pk).secret_encrypted == sound.secret_encrypted
    assert open_secret(rows.get(pk=sound.pk)) == "whsec_new1"


def test_a_retired_data_key_opens_nothing(shop: Merchant) -> None:
    old = encrypt_field(shop.id, "secret", table="t", column="c", row_id="1")
    run("rotate_vault_keys", "--renew-data-keys")
    DataKey.objects.for_merchant(shop.id).exclude(superseded_at=None).update(
        superseded_at=clock.now() - timedelta(days=2)
    )
    run("retire_vault_key", "--superseded")

    with pytest.raises(VaultKeyMissing, match="was retired"):
        decrypt_field(shop.id, old, table="t", column="c", row_id="1")
