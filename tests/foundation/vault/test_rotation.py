"""Rotation of key-encryption keys, through the command an operator runs."""

from __future__ import annotations

import base64
import io
import json
import os
import threading
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection

from foundation.tenancy.models import Merchant
from foundation.vault import data_keys
from foundation.vault.errors import VaultKeyMissing
from foundation.vault.fields import decrypt_field, encrypt_field
from foundation.vault.models import DataKey
from foundation.vault.wrapping import key_id_of, parse_vault_keys

PLACE = {"table": "t", "column": "c", "row_id": "1"}


def new_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    data_keys.forget_open_keys()


def rotate() -> dict[str, Any]:
    output = io.StringIO()
    call_command("rotate_vault_keys", stdout=output)
    answer: dict[str, Any] = json.loads(output.getvalue())
    return answer


@pytest.mark.django_db
def test_rotation_puts_every_data_key_under_the_newest_and_the_old_key_can_go(settings: Any) -> None:
    old, new = new_key(), new_key()
    settings.VAULT_KEYS = [old]
    shops = [Merchant.objects.create(name=f"Shop {n}", default_currency="usd") for n in range(3)]
    sealed = {shop.id: encrypt_field(shop.id, f"secret of {shop.name}", **PLACE) for shop in shops}

    settings.VAULT_KEYS = [new, old]
    late = Merchant.objects.create(name="Late", default_currency="usd")
    sealed[late.id] = encrypt_field(late.id, "secret of Late", **PLACE)
    counts = rotate()

    new_id = key_id_of(base64.urlsafe_b64decode(new))
    assert counts.pop("rotation").startswith("vrot_")
    assert counts == {
        "key_id": new_id,
        "rewrapped": 3,
        "already_current": 1,
        "unreadable": 0,
        "renewed": 0,
        "reencrypted": {},
    }
    settings.VAULT_KEYS = [new]
    data_keys.forget_open_keys()
    for shop in [*shops, late]:
        assert decrypt_field(shop.id, sealed[shop.id], **PLACE) == f"secret of {shop.name}"


@pytest.mark.django_db
def test_a_second_rotation_finds_nothing_to_do(settings: Any) -> None:
    old, new = new_key(), new_key()
    settings.VAULT_KEYS = [old]
    shop = Merchant.objects.create(name="Shop", default_currency="usd")
    encrypt_field(shop.id, "secret", **PLACE)
    settings.VAULT_KEYS = [new, old]
    rotate()
    wrapped = DataKey.objects.for_merchant(shop.id).get().wrapped_key

    counts = rotate()

    assert (counts["rewrapped"], counts["already_current"]) == (0, 1)
    assert DataKey.objects.for_merchant(shop.id).get().wrapped_key == wrapped


@pytest.mark.django_db
def test_a_data_key_under_a_lost_key_is_left_alone_and_reported(settings: Any) -> None:
    lost, new = new_key(), new_key()
    settings.VAULT_KEYS = [lost]
    shop = Merchant.objects.create(name="Shop", default_currency="usd")
    ciphertext = encrypt_field(shop.id, "secret", **PLACE)
    before = DataKey.objects.for_merchant(shop.id).get().wrapped_key

    settings.VAULT_KEYS = [new]
    with pytest.raises(CommandError, match="1 data keys did not open"):
        rotate()

    assert DataKey.objects.for_merchant(shop.id).get().wrapped_key == before
    data_keys.forget_open_keys()
    with pytest.raises(VaultKeyMissing):
        decrypt_field(shop.id, ciphertext, **PLACE)
    settings.VAULT_KEYS = [new, lost]
    assert decrypt_field(shop.id, ciphertext, **PLACE) == "secret"


@pytest.mark.django_db(transaction=True)
def test_eight_first_encryptions_at_once_share_one_data_key() -> None:
    shop = Merchant.objects.create(name="Busy", default_currency="usd")
    start = threading.Barrier(8)
    sealed: list[str] = []

    def encrypt() -> None:
        start.wait()
        sealed.append(encrypt_field(shop.id, "secret", **PLACE))
        connection.close()

    threads = [threading.Thread(target=encrypt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({text.split(".")[1] for text in sealed}) == 1
    assert DataKey.objects.for_merchant(shop.id).count() == 1
    data_keys.forget_open_keys()
    assert [decrypt_field(shop.id, text, **PLACE) for text in sealed] == ["secret"] * 8


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ([], "VAULT_KEYS is empty: give at least one base64url key of 32 bytes."),
        (["not base64!"], "VAULT_KEYS: key 1 is not base64url text."),
        (
            [base64.urlsafe_b64encode(bytes(16)).decode()],
            "VAULT_KEYS: key 1 has 16 bytes, and AES-256 needs 32.",
        ),
        (
            [base64.urlsafe_b64encode(bytes(32)).decode(), ""],
            "VAULT_KEYS: key 2 has 0 bytes, and AES-256 needs 32.",
        ),
    ],
)
def test_malformed_keys_are_refused_in_one_sentence(texts: list[str], sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        parse_vault_keys(texts)

    assert str(refusal.value) == sentence


def test_keys_may_come_with_or_without_padding() -> None:
    padded = new_key()

    assert parse_vault_keys([padded]) == parse_vault_keys([padded.rstrip("=")])
