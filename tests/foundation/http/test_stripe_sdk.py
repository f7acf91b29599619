"""The official Python SDK against a live server: authentication, errors, lists, replays."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from foundation.tenancy.operations import create_api_key, create_merchant

pytestmark = pytest.mark.django_db(transaction=True)

HOOK: Any = {"url": "https://example.com/hook", "enabled_events": ["*"]}


@pytest.fixture
def sdk(live_server: Any) -> stripe.StripeClient:
    merchant = create_merchant(name="Corner Shop", currency="usd")
    secret = create_api_key(merchant_id=merchant.pk).secret
    return stripe.StripeClient(secret, base_addresses={"api": live_server.url}, max_network_retries=0)


def test_the_account_of_the_key_is_retrieved(sdk: stripe.StripeClient) -> None:
    account = sdk.v1.accounts.retrieve_current()

    assert (account.object, account.default_currency) == ("account", "usd")
    assert account.last_response.headers["Request-Id"].startswith("req_")


def test_an_endpoint_is_made_changed_listed_and_deleted(sdk: stripe.StripeClient) -> None:
    made = [sdk.v1.webhook_endpoints.create({**HOOK, "metadata": {"n": str(n)}}) for n in range(5)]

    changed = sdk.v1.webhook_endpoints.update(
        made[0].id, {"metadata": {"n": "", "m": "1"}, "description": ""}
    )
    listed = [row.id for row in sdk.v1.webhook_endpoints.list({"limit": 2}).auto_paging_iter()]
    deleted = sdk.v1.webhook_endpoints.delete(made[0].id)

    assert changed.metadata is not None and changed.metadata.to_dict() == {"m": "1"}
    assert listed == [row.id for row in reversed(made)]
    assert deleted.deleted is True


def test_the_same_key_is_replayed_and_another_request_under_it_is_an_idempotency_error(
    sdk: stripe.StripeClient,
) -> None:
    first = sdk.v1.webhook_endpoints.create(HOOK, {"idempotency_key": "k1"})
    second = sdk.v1.webhook_endpoints.create(HOOK, {"idempotency_key": "k1"})

    assert second.id == first.id
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError) as refusal:
        sdk.v1.webhook_endpoints.create({**HOOK, "description": "x"}, {"idempotency_key": "k1"})
    assert refusal.value.error is not None and refusal.value.error.code == "idempotency_key_reused"


def test_refusals_become_the_sdks_own_exceptions(sdk: stripe.StripeClient, live_server: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        sdk.v1.webhook_endpoints.retrieve("we_missing")
    with pytest.raises(stripe.InvalidRequestError) as invalid:
        sdk.v1.webhook_endpoints.create({"url": "https://example.com", "enabled_events": []})
    with pytest.raises(stripe.AuthenticationError) as unknown:
        stripe.StripeClient(
            "sk_test_" + "a" * 43, base_addresses={"api": live_server.url}
        ).v1.accounts.retrieve_current()

    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    assert (invalid.value.http_status, invalid.value.param) == (400, "enabled_events")
    assert unknown.value.error is not None and unknown.value.error.code == "api_key_invalid"
    assert missing.value.request_id == missing.value.headers["Request-Id"]


def test_a_rate_limited_key_gets_the_sdks_rate_limit_error(sdk: stripe.StripeClient, settings: Any) -> None:
    settings.RATE_LIMIT_READ = 1
    settings.RATE_LIMIT_BURST_SECONDS = 1
    sdk.v1.accounts.retrieve_current()

    with pytest.raises(stripe.RateLimitError) as refusal:
        sdk.v1.accounts.retrieve_current()

    assert refusal.value.headers["Retry-After"] == "1"
