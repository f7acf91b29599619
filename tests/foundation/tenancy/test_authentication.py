"""Who may ask: shapes of keys, revoked and expired ones, scopes, networks, and acting for a connected
merchant.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from foundation import clock
from foundation.tenancy.models import ApiKey, Merchant
from foundation.tenancy.operations import create_api_key, create_merchant, revoke_api_key, roll_api_key
from tests.foundation.conftest import ApiCaller

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.foundation.http.api_routes")]

WIDGET = "amount=100&currency=usd"


def ask(authorization: str | None, **headers: str) -> Any:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if authorization is not None:
        sent["Authorization"] = authorization
    return Client().get("/v1/account", headers=sent)


def basic(user_name: str) -> str:
    return "Basic " + base64.b64encode(f"{user_name}:".encode()).decode()


def error_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_a_key_is_accepted_as_bearer_and_as_basic_user_name(api: ApiCaller, merchant: Merchant) -> None:
    for authorization in (f"Bearer {api.secret}", f"bearer {api.secret}", basic(api.secret)):
        response = ask(authorization)

        assert (response.status_code, response.json()["id"]) == (200, merchant.public_id)


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Basic", "Basic !!!", "Digest x", basic("")]
)
def test_without_a_key_the_answer_says_how_to_send_one(db: None, authorization: str | None) -> None:
    response = ask(authorization)

    assert error_of(response) == (401, "api_key_missing")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="API"'
    assert "Authorization: Bearer" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        ("sk_test_" + "a" * 43, "api_key_invalid"),
        ("sk_live_" + "a" * 43, "api_key_invalid"),
        ("sk_test_short", "api_key_invalid"),
        ("sk_test_" + "!" * 43, "api_key_invalid"),
        ("sk_test_" + "é" * 43, "api_key_invalid"),
        ("nonsense", "api_key_invalid"),
        ("x" * 10_000, "api_key_invalid"),
        ("pk_test_" + "a" * 43, "secret_key_required"),
    ],
)
def test_a_key_that_is_not_ours_is_refused_and_never_repeated_in_full(
    db: None, secret: str, code: str
) -> None:
    response = ask("Bearer " + secret)

    assert error_of(response) == (401, code)
    assert secret not in response.content.decode()


def test_a_key_is_found_by_its_hash_and_stored_as_nothing_else(merchant: Merchant) -> None:
    issued = create_api_key(merchant_id=merchant.pk)

    row = ApiKey.objects.for_merchant(merchant.pk).get()
    assert issued.secret.startswith("sk_test_")
    assert len(issued.secret) == len("sk_test_") + 43
    assert (row.shown_prefix, row.last4) == (issued.secret[:12], issued.secret[-4:])
    assert issued.secret not in str(vars(row))


def test_an_expired_key_is_refused_from_that_instant(merchant: Merchant) -> None:
    valid = create_api_key(merchant_id=merchant.pk, expires_at=clock.now() + timedelta(hours=1))
    expired = create_api_key(merchant_id=merchant.pk, expires_at=clock.now())

    assert ask(f"Bearer {valid.secret}").status_code == 200
    assert error_of(ask(f"Bearer {expired.secret}")) == (401, "api_key_expired")


def test_a_revoked_key_is_refused_at_once(api: ApiCaller, merchant: Merchant) -> None:
    key = ApiKey.objects.for_merchant(merchant.pk).get()
    assert api.get("/v1/account").status_code == 200

    revoke_api_key(merchant_id=merchant.pk, api_key_id=key.pk)

    assert error_of(api.get("/v1/account")) == (401, "api_key_expired")


def test_a_rolled_key_works_beside_the_new_one_for_the_overlap_only(merchant: Merchant) -> None:
    old = create_api_key(merchant_id=merchant.pk, scopes={"account": "read"})

    new = roll_api_key(merchant_id=merchant.pk, api_key_id=old.key.pk, overlap=timedelta(hours=1))

    assert ask(f"Bearer {old.secret}").status_code == 200
    assert ask(f"Bearer {new.secret}").status_code == 200
    assert new.key.scopes == {"account": "read"}
    last = roll_api_key(merchant_id=merchant.pk, api_key_id=new.key.pk)
    assert error_of(ask(f"Bearer {new.secret}")) == (401, "api_key_expired")
    assert ask(f"Bearer {last.secret}").status_code == 200


@pytest.mark.parametrize(
    ("scopes", "read", "write"),
    [
        ({"*": "write"}, 200, 200),
        ({"*": "read"}, 200, 403),
        ({"widgets": "write"}, 200, 200),
        ({"widgets": "read"}, 200, 403),
        ({"widgets": "read", "*": "write"}, 200, 200),
        ({"other": "write"}, 403, 403),
    ],
)
def test_a_scope_allows_reading_or_writing_its_group(
    merchant: Merchant, scopes: dict[str, str], read: int, write: int
) -> None:
    caller = ApiCaller(create_api_key(merchant_id=merchant.pk, scopes=scopes).secret)

    assert caller.get("/v1/widgets").status_code == read
    response = caller.post("/v1/widgets", WIDGET)
    assert response.status_code == write
    if write == 403:
        assert response.json()["error"]["code"] == "insufficient_scope"
        assert "widgets (write)" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("networks", "address", "status"),
    [
        ([], "203.0.113.9", 200),
        (["203.0.113.0/24"], "203.0.113.9", 200),
        (["203.0.113.0/24"], "203.0.114.9", 403),
        (["198.51.100.1/32", "203.0.113.0/24"], "203.0.113.9", 200),
        (["203.0.113.0/24"], "::ffff:203.0.113.9", 200),
        (["2001:db8::/32"], "2001:db8::1", 200),
        (["2001:db8::/32"], "203.0.113.9", 403),
        (["203.0.113.0/24"], "", 403),
    ],
)
def test_a_key_is_bound_to_its_networks(
    merchant: Merchant, networks: list[str], address: str, status: int
) -> None:
    secret = create_api_key(merchant_id=merchant.pk, allowed_networks=networks).secret

    response = Client(REMOTE_ADDR=address).get("/v1/account", headers={"Authorization": f"Bearer {secret}"})

    assert response.status_code == status


def test_a_forwarded_address_is_believed_only_behind_a_trusted_proxy(
    merchant: Merchant, settings: Any
) -> None:
    secret = create_api_key(merchant_id=merchant.pk, allowed_networks=["203.0.113.0/24"]).secret
    headers = {"Authorization": f"Bearer {secret}", "X-Forwarded-For": "203.0.113.9, 198.51.100.7"}

    direct = Client(REMOTE_ADDR="198.51.100.7").get("/v1/account", headers=headers)
    settings.TRUSTED_PROXY_COUNT = 1
    one_proxy = Client(REMOTE_ADDR="10.0.0.1").get("/v1/account", headers=headers)
    settings.TRUSTED_PROXY_COUNT = 2
    two_proxies = Client(REMOTE_ADDR="10.0.0.1").get("/v1/account", headers=headers)

    assert [direct.status_code, one_proxy.status_code, two_proxies.status_code] == [403, 403, 200]


def test_a_platform_key_acts_for_its_connected_merchants_and_no_others(
    api: ApiCaller, merchant: Merchant
) -> None:
    connected = create_merchant(name="Connected", currency="eur", platform_id=merchant.pk)
    stranger = create_merchant(name="Stranger", currency="eur")
    absent = "acct_" + "0" * 22

    own = api.get("/v1/account", Stripe_Account=merchant.public_id)
    theirs = api.get("/v1/account", Stripe_Account=connected.public_id)
    refusals = [
        api.get("/v1/account", Stripe_Account=name) for name in (stranger.public_id, absent, "acct_x", "*")
    ]

    assert own.json()["id"] == merchant.public_id
    assert theirs.json()["id"] == connected.public_id
    assert {error_of(refusal) for refusal in refusals} == {(403, "account_invalid")}
    messages = {
        refusal.json()["error"]["message"].replace(f"'{name}'", "acct")
        for refusal, name in zip(refusals, (stranger.public_id, absent, "acct_x", "*"), strict=True)
    }
    assert len(messages) == 1


def test_a_connected_merchants_key_does_not_act_for_its_platform(merchant: Merchant) -> None:
    connected = create_merchant(name="Connected", currency="eur", platform_id=merchant.pk)
    caller = ApiCaller(create_api_key(merchant_id=connected.pk).secret)

    assert error_of(caller.get("/v1/account", Stripe_Account=merchant.public_id)) == (403, "account_invalid")


def test_last_use_is_noted_at_most_every_five_minutes(
    api: ApiCaller, merchant: Merchant, django_assert_num_queries: Any
) -> None:
    api.get("/v1/account")
    first = ApiKey.objects.for_merchant(merchant.pk).get().last_used_at

    with django_assert_num_queries(1):
        api.get("/v1/account")
    again = ApiKey.objects.for_merchant(merchant.pk).get().last_used_at
    ApiKey.objects.for_merchant(merchant.pk).update(last_used_at=clock.now() - timedelta(minutes=6))
    api.get("/v1/account")
    later = ApiKey.objects.for_merchant(merchant.pk).get().last_used_at

    assert first is not None and first == again
    assert later is not None and later > first
