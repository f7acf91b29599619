"""Fields of the vault: what opens, and everything that must not."""

from __future__ import annotations

import base64
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from foundation import ids
from foundation.tenancy.models import Merchant
from foundation.vault import data_keys
from foundation.vault.errors import VaultCorrupted, VaultKeyMissing
from foundation.vault.fields import decrypt_field, encrypt_field
from foundation.vault.models import DataKey
from tests.factories.owner import as_owner

PLACE = {"table": "payments_pspaccount", "column": "secret_key"}


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    data_keys.forget_open_keys()


@pytest.fixture
def merchant(db: None) -> Merchant:
    return Merchant.objects.create(name="Vault Shop", default_currency="usd")


def test_what_was_encrypted_opens_in_its_own_place(merchant: Merchant) -> None:
    row_id = ids.new_id()

    ciphertext = encrypt_field(merchant.id, "sk_live_ключ", row_id=row_id, **PLACE)

    assert decrypt_field(merchant.id, ciphertext, row_id=row_id, **PLACE) == "sk_live_ключ"
    assert decrypt_field(merchant.id, ciphertext, row_id=str(row_id), **PLACE) == "sk_live_ключ"


def test_the_ciphertext_names_its_format_and_data_key_and_hides_the_text(merchant: Merchant) -> None:
    ciphertext = encrypt_field(merchant.id, "secret", row_id="1", **PLACE)

    version, key_id, body = ciphertext.split(".")
    assert version == "v1"
    assert key_id == DataKey.objects.for_merchant(merchant.id).get().public_id
    assert len(base64.urlsafe_b64decode(body)) == 12 + len("secret") + 16
    assert "secret" not in ciphertext


def test_the_same_text_never_encrypts_to_the_same_ciphertext(merchant: Merchant) -> None:
    first = encrypt_field(merchant.id, "secret", row_id="1", **PLACE)
    second = encrypt_field(merchant.id, "secret", row_id="1", **PLACE)

    assert first != second


@pytest.mark.parametrize(
    "place",
    [
        {"table": "payments_pspaccount", "column": "webhook_secret", "row_id": "1"},
        {"table": "payments_pspaccoun", "column": "tsecret_key", "row_id": "1"},
        {"table": "payments_pspaccount", "column": "secret_key", "row_id": "2"},
    ],
)
def test_a_ciphertext_moved_to_another_place_does_not_open(merchant: Merchant, place: dict[str, str]) -> None:
    ciphertext = encrypt_field(merchant.id, "secret", row_id="1", **PLACE)

    with pytest.raises(VaultCorrupted):
        decrypt_field(merchant.id, ciphertext, **place)


def test_another_merchant_cannot_open_it(merchant: Merchant) -> None:
    stranger = Merchant.objects.create(name="Stranger", default_currency="eur")
    encrypt_field(stranger.id, "own", row_id="1", **PLACE)
    ciphertext = encrypt_field(merchant.id, "secret", row_id="1", **PLACE)

    with pytest.raises(VaultKeyMissing):
        decrypt_field(stranger.id, ciphertext, row_id="1", **PLACE)


def test_a_changed_byte_anywhere_is_noticed(merchant: Merchant) -> None:
    ciphertext = encrypt_field(merchant.id, "secret", row_id="1", **PLACE)
    head, _, body = ciphertext.rpartition(".")
    sealed = base64.urlsafe_b64decode(body)

    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        text = f"{head}.{base64.urlsafe_b64encode(bytes(altered)).decode()}"
        with pytest.raises(VaultCorrupted):
            decrypt_field(merchant.id, text, row_id="1", **PLACE)


@pytest.mark.parametrize("text", ["", "plain secret", "v2.dk_0.AAAA", "v1..AAAA", "v1.dk_0.", "v1.dk_0"])
def test_text_that_is_no_ciphertext_is_called_corrupted(merchant: Merchant, text: str) -> None:
    with pytest.raises(VaultCorrupted):
        decrypt_field(merchant.id, text, row_id="1", **PLACE)


def test_a_body_that_is_not_base64_is_called_corrupted(merchant: Merchant) -> None:
    head = encrypt_field(merchant.id, "secret", row_id="1", **PLACE).rpartition(".")[0]

    for body in ("!!!!", "AAA", "AAAA"):
        with pytest.raises(VaultCorrupted):
            decrypt_field(merchant.id, f"{head}.{body}", row_id="1", **PLACE)


def test_a_merchant_has_one_data_key_however_much_is_encrypted(merchant: Merchant) -> None:
    for row_id in range(5):
        encrypt_field(merchant.id, "secret", row_id=str(row_id), **PLACE)

    assert DataKey.objects.for_merchant(merchant.id).count() == 1


def test_a_data_key_cannot_be_deleted(merchant: Merchant) -> None:
    encrypt_field(merchant.id, "secret", row_id="1", **PLACE)

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        DataKey.objects.for_merchant(merchant.id).delete()
    with pytest.raises(IntegrityError, match="its rows are never deleted"), transaction.atomic(), as_owner():
        DataKey.objects.for_merchant(merchant.id).delete()

    assert DataKey.objects.for_merchant(merchant.id).count() == 1


def test_a_wrapped_key_moved_to_another_merchant_does_not_open(merchant: Merchant) -> None:
    thief = Merchant.objects.create(name="Thief", default_currency="usd")
    encrypt_field(merchant.id, "secret", row_id="1", **PLACE)
    encrypt_field(thief.id, "own", row_id="1", **PLACE)
    stolen = DataKey.objects.for_merchant(merchant.id).get()

    DataKey.objects.for_merchant(thief.id).update(wrapped_key=stolen.wrapped_key)

    data_keys.forget_open_keys()
    with pytest.raises(VaultCorrupted):
        encrypt_field(thief.id, "more", row_id="2", **PLACE)


@pytest.mark.django_db(transaction=True)
def test_a_key_of_a_rolled_back_transaction_is_not_used_again() -> None:
    merchant = Merchant.objects.create(name="Rollback Shop", default_currency="usd")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        encrypt_field(merchant.id, "lost", row_id="1", **PLACE)
        encrypt_field(merchant.id, "lost too", row_id="2", **PLACE)
        raise ZeroDivisionError

    ciphertext = encrypt_field(merchant.id, "kept", row_id="3", **PLACE)

    data_keys.forget_open_keys()
    assert decrypt_field(merchant.id, ciphertext, row_id="3", **PLACE) == "kept"


@pytest.mark.django_db(transaction=True)
def test_a_second_decryption_asks_the_database_nothing(django_assert_num_queries: object) -> None:
    merchant = Merchant.objects.create(name="Cache Shop", default_currency="usd")
    ciphertext = encrypt_field(merchant.id, "secret", row_id="1", **PLACE)
    decrypt_field(merchant.id, ciphertext, row_id="1", **PLACE)

    with django_assert_num_queries(0):  # type: ignore[operator]
        assert decrypt_field(merchant.id, ciphertext, row_id="1", **PLACE) == "secret"


def test_the_cache_forgets_by_age_and_by_number() -> None:
    now = [100.0]
    cache = data_keys.OpenKeyCache(entries=2, seconds=300, clock=lambda: now[0])
    first, second, third = uuid4(), uuid4(), uuid4()
    keys: dict[UUID, data_keys.OpenKey] = {
        owner: data_keys.OpenKey(public_id=str(owner), cipher=data_keys.AESGCM(bytes(32)))
        for owner in (first, second, third)
    }

    cache.keep(first, keys[first])
    cache.keep(second, keys[second])
    assert cache.find(first) is keys[first]
    cache.keep(third, keys[third])

    assert cache.find(second) is None
    assert cache.find(first) is keys[first]
    assert len(cache) == 2
    now[0] = 400.0
    assert cache.find(first) is None
    assert len(cache) == 1


def test_no_plain_key_is_in_the_database(merchant: Merchant) -> None:
    encrypt_field(merchant.id, "secret", row_id="1", **PLACE)
    row = DataKey.objects.for_merchant(merchant.id).get()

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(k)::text FROM foundation_datakey k")
        stored = cursor.fetchone()[0]

    assert len(base64.urlsafe_b64decode(row.wrapped_key)) == 12 + 32 + 16
    assert row.wrapping_key_id in stored
