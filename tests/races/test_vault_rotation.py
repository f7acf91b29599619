"""Rotations beside each other and beside writers, with real threads and commits: nothing is lost or moves twice."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from typing import Any

import pytest

from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from foundation.vault import data_keys
from foundation.vault.data_keys import forget_open_keys, make_data_key
from foundation.vault.errors import VaultKeyRetired, VaultKeyStillNeeded
from foundation.vault.models import DataKey, KeyRotation, VaultKey
from foundation.vault.retiring import retire_vault_key
from foundation.vault.rotation import rotate_vault_keys
from foundation.vault.wrapping import key_id_of
from foundation.webhooks.models import WebhookEndpoint
from foundation.webhooks.secrets import open_secret, seal_secret
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "foundation_webhookendpoint.secret_encrypted"


@pytest.fixture(autouse=True)
def _no_open_keys() -> Iterator[None]:
    forget_open_keys()
    yield
    forget_open_keys()


@pytest.fixture
def shop(transactional_db: None) -> Merchant:
    return Merchant.objects.create(name="Busy", default_currency="usd")


def endpoint_of(shop: Merchant, number: int) -> WebhookEndpoint:
    endpoint = WebhookEndpoint(
        merchant=shop, url=f"https://example.com/{number}", enabled_events=["*"], api_version="x"
    )
    endpoint.secret_encrypted = seal_secret(endpoint, f"whsec_{number}")
    endpoint.save(force_insert=True)
    return endpoint


def secrets_of(shop: Merchant) -> set[str]:
    forget_open_keys()
    return {open_secret(endpoint) for endpoint in WebhookEndpoint.objects.for_merchant(shop.id)}


def raised(answers: list[Any]) -> list[Exception]:
    return [answer for answer in answers if isinstance(answer, Exception)]


def test_two_rotations_at_once_share_one_and_move_each_secret_once(shop: Merchant) -> None:
    for number in range(20):
        endpoint_of(shop, number)

    answers = together([lambda: rotate_vault_keys(renews_data_keys=True)] * 2)

    assert raised(answers) == []
    assert sum(row.counts.get(SECRET, 0) for row in KeyRotation.objects.all()) == 20
    assert DataKey.objects.for_merchant(shop.id).filter(superseded_at=None).count() == 1
    assert secrets_of(shop) == {f"whsec_{number}" for number in range(20)}


def test_what_is_written_while_keys_are_renewed_opens_and_is_moved_in_the_end(shop: Merchant) -> None:
    endpoint_of(shop, 0)

    def writes(first: int) -> None:
        for number in range(first, first + 10):
            endpoint_of(shop, number)

    answers = together(
        [lambda: rotate_vault_keys(renews_data_keys=True), lambda: writes(1), lambda: writes(11)]
    )
    rotate_vault_keys()

    assert raised(answers) == []
    assert secrets_of(shop) == {f"whsec_{number}" for number in range(21)}
    current = DataKey.objects.for_merchant(shop.id).get(superseded_at=None).public_id
    rows = WebhookEndpoint.objects.for_merchant(shop.id)
    assert {row.secret_encrypted.split(".")[1] for row in rows} == {current}


def test_a_key_is_not_retired_under_a_data_key_that_is_just_being_wrapped(
    transactional_db: None, settings: Any
) -> None:
    old, new = (base64.urlsafe_b64encode(os.urandom(32)).decode() for _ in range(2))
    old_id = key_id_of(base64.urlsafe_b64decode(old))
    settings.VAULT_KEYS = [old]
    VaultKey.objects.create(key_id=old_id)
    late = [Merchant.objects.create(name=f"Late {new_id()}", default_currency="usd") for _ in range(4)]
    # The retiring process has the new settings already; the others still run with the old ones.
    stale = data_keys.get_key_wrapper()

    def retires() -> Any:
        return retire_vault_key(key_id=old_id)

    def wraps(merchant: Merchant) -> Any:
        context = data_keys.wrapping_context(merchant.id, merchant.id)
        wrapped = stale.wrap(os.urandom(32), context=context)
        return DataKey.objects.for_merchant(merchant.id).create(
            merchant=merchant, wrapped_key=wrapped.text, wrapping_key_id=wrapped.key_id
        )

    settings.VAULT_KEYS = [new, old]
    answers = together([retires, *(lambda merchant=merchant: wraps(merchant) for merchant in late)])

    under_it = DataKey.across_merchants.filter(wrapping_key_id=old_id).count()
    is_retired = VaultKey.objects.get(pk=old_id).retired_at is not None
    assert is_retired == (under_it == 0)
    if is_retired:
        assert len(raised(answers)) == len(late)
    else:
        assert next(type(one) for one in raised(answers)) is VaultKeyStillNeeded


def test_a_data_key_is_never_made_under_a_retired_key(shop: Merchant, settings: Any) -> None:
    old, new = (base64.urlsafe_b64encode(os.urandom(32)).decode() for _ in range(2))
    old_id = key_id_of(base64.urlsafe_b64decode(old))
    settings.VAULT_KEYS = [new, old]
    VaultKey.objects.create(key_id=old_id)
    retire_vault_key(key_id=old_id)
    settings.VAULT_KEYS = [old]

    answers = together([lambda: make_data_key(shop.id)] * 3)

    assert {type(one) for one in answers} == {VaultKeyRetired}
    assert not DataKey.objects.for_merchant(shop.id).exists()
