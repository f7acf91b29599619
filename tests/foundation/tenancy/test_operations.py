"""Merchants and keys are made with what they need, or not at all."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from foundation import ids
from foundation.errors import DomainError, ResourceMissing
from foundation.tenancy.models import ApiKey, Merchant
from foundation.tenancy.operations import create_api_key, create_merchant, revoke_api_key, roll_api_key
from tests.foundation.conftest import ApiCaller

pytestmark = pytest.mark.django_db


def output_of(*arguments: str) -> Any:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return json.loads(out.getvalue())


def test_create_merchant_prints_the_merchant_and_a_key_that_works() -> None:
    printed = output_of("create_merchant", "Corner Shop", "--currency", "USD")

    account = ApiCaller(printed["secret_key"]).get("/v1/account").json()
    assert set(printed) == {"merchant", "secret_key"}
    assert printed["secret_key"].startswith("sk_test_")
    assert (account["id"], account["default_currency"]) == (printed["merchant"], "usd")


def test_a_live_merchant_gets_a_live_key() -> None:
    printed = output_of("create_merchant", "Corner Shop", "--currency", "usd", "--livemode")

    assert printed["secret_key"].startswith("sk_live_")
    assert Merchant.objects.get().livemode is True


def test_create_api_key_prints_a_key_with_just_these_scopes(merchant: Merchant) -> None:
    printed = output_of(
        "create_api_key", merchant.public_id, "--scopes", "payments:read,webhooks:write", "account:read"
    )

    assert printed["scopes"] == {"payments": "read", "webhooks": "write", "account": "read"}
    caller = ApiCaller(printed["secret_key"])
    assert caller.get("/v1/account").status_code == 200


@pytest.mark.parametrize(
    "arguments",
    [
        ("create_merchant", "Shop", "--currency", "xxq"),
        ("create_merchant", "  ", "--currency", "usd"),
        ("create_merchant", "Shop", "--currency", "usd", "--timezone", "Mars/Olympus"),
        ("create_merchant", "Shop", "--currency", "usd", "--platform", "acct_x"),
        ("create_merchant", "Shop", "--currency", "usd", "--platform", "acct_" + "0" * 22),
        ("create_api_key", "acct_" + "0" * 22),
        ("create_api_key", "acct_x"),
    ],
)
def test_a_command_that_cannot_be_done_says_why_and_makes_nothing(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        call_command(*arguments, stdout=StringIO())

    assert (Merchant.objects.count(), ApiKey.across_merchants.count()) == (0, 0)


@pytest.mark.parametrize("scopes", [{}, {"payments": "admin"}, {"Pay ments": "read"}, {"": "read"}])
def test_a_key_with_scopes_that_mean_nothing_is_refused(merchant: Merchant, scopes: dict[str, str]) -> None:
    with pytest.raises(DomainError) as refusal:
        create_api_key(merchant_id=merchant.pk, scopes=scopes)

    assert refusal.value.code == "scope_invalid"
    assert not ApiKey.objects.for_merchant(merchant.pk).exists()


def test_a_key_with_a_network_that_is_none_is_refused(merchant: Merchant) -> None:
    with pytest.raises(DomainError) as refusal:
        create_api_key(merchant_id=merchant.pk, allowed_networks=["203.0.113.0/24", "example.com"])

    assert (refusal.value.code, refusal.value.param) == ("merchant_invalid", "allowed_networks")
    assert not ApiKey.objects.for_merchant(merchant.pk).exists()


def test_another_merchants_key_can_be_neither_rolled_nor_revoked(merchant: Merchant) -> None:
    other = create_merchant(name="Other", currency="usd")
    key = create_api_key(merchant_id=other.pk).key

    for operation in (roll_api_key, revoke_api_key):
        with pytest.raises(ResourceMissing):
            operation(merchant_id=merchant.pk, api_key_id=key.pk)

    key.refresh_from_db()
    assert (key.revoked_at, key.expires_at) == (None, None)


def test_revoking_twice_keeps_the_first_instant(merchant: Merchant) -> None:
    key = create_api_key(merchant_id=merchant.pk).key

    first = revoke_api_key(merchant_id=merchant.pk, api_key_id=key.pk).revoked_at
    second = revoke_api_key(merchant_id=merchant.pk, api_key_id=key.pk).revoked_at

    assert first is not None and first == second


def test_a_revoked_key_cannot_be_rolled(merchant: Merchant) -> None:
    key = create_api_key(merchant_id=merchant.pk).key
    revoke_api_key(merchant_id=merchant.pk, api_key_id=key.pk)

    with pytest.raises(ResourceMissing):
        roll_api_key(merchant_id=merchant.pk, api_key_id=key.pk)

    assert ApiKey.objects.for_merchant(merchant.pk).count() == 1


def test_a_merchants_public_id_decodes_to_its_row(merchant: Merchant) -> None:
    assert ids.decode_id("acct", merchant.public_id) == merchant.pk
