from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings

from foundation import ids
from foundation.errors import DomainError, ParameterInvalid, ResourceMissing
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_merchant
from foundation.webhooks.errors import (
    EnabledEventsInvalid,
    TooManyWebhookEndpoints,
    WebhookUrlInvalid,
    WebhookUrlNotPublic,
    WebhookVersionUnknown,
)
from foundation.webhooks.models import WebhookEndpoint
from foundation.webhooks.operations.create_webhook_endpoint import CreatedEndpoint, create_webhook_endpoint
from foundation.webhooks.operations.delete_webhook_endpoint import delete_webhook_endpoint
from foundation.webhooks.operations.roll_webhook_secret import roll_webhook_secret
from foundation.webhooks.operations.update_webhook_endpoint import update_webhook_endpoint
from foundation.webhooks.queries import get_endpoint, list_endpoints
from foundation.webhooks.secrets import open_secret
from foundation.webhooks.shapes import endpoint_shape

URL = "https://shop.example/hooks"


def create(merchant: Merchant, **changes: Any) -> CreatedEndpoint:
    return create_webhook_endpoint(
        merchant_id=merchant.id, **{"url": URL, "enabled_events": ["charge.refunded"], **changes}
    )


def refused(merchant: Merchant, error: type[DomainError], **changes: Any) -> DomainError:
    with pytest.raises(error) as raised:
        create(merchant, **changes)
    assert not WebhookEndpoint.across_merchants.exists()
    return raised.value


def test_an_endpoint_is_made_with_a_secret_that_is_stored_encrypted(merchant: Merchant) -> None:
    endpoint, secret = create(merchant, description="Orders", metadata={"team": "web"})

    stored = get_endpoint(merchant_id=merchant.id, endpoint_id=endpoint.id)
    assert (stored.url, stored.enabled_events, stored.status) == (URL, ["charge.refunded"], "enabled")
    assert (stored.description, stored.metadata) == ("Orders", {"team": "web"})
    assert stored.api_version == django_settings.API_VERSION
    assert secret not in stored.secret_encrypted
    assert open_secret(stored) == secret


def test_the_shape_shows_the_secret_only_when_it_is_given(merchant: Merchant) -> None:
    endpoint, secret = create(merchant)

    assert endpoint_shape(endpoint, livemode=False, secret=secret)["secret"] == secret
    assert "secret" not in endpoint_shape(endpoint, livemode=False)
    assert endpoint_shape(endpoint, livemode=False)["id"] == endpoint.public_id


def test_the_same_reserved_id_twice_is_one_endpoint_with_one_secret(merchant: Merchant) -> None:
    reserved = ids.new_id()

    first = create(merchant, endpoint_id=reserved)
    second = create(merchant, endpoint_id=reserved)

    assert (second.endpoint.id, second.secret) == (reserved, first.secret)
    assert list_endpoints(merchant.id).count() == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example/hooks",
        "ftp://shop.example/hooks",
        "https://",
        "https://user:word@shop.example/",
        "https://shop.example/#top",
        "https://shop.example/a b",
        "https://shop.example/\r\nHost: x",
        "https://shop.example:99999/",
        "https://shop.example:0/",
        "https://[::1/",
        "https://shöp.example/",
        "https://shop.example/" + "a" * 2_100,
    ],
)
def test_a_url_that_is_no_plain_https_url_is_refused(merchant: Merchant, url: str) -> None:
    error = refused(merchant, WebhookUrlInvalid, url=url)

    assert (error.code, error.param) == ("url_invalid", "url")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://192.168.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0.0.0.0/",
        "https://localhost/",
        "https://no-such-name.invalid/",
    ],
)
def test_without_leave_an_address_that_is_not_public_is_refused(
    merchant: Merchant, settings: Any, url: str
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = False

    error = refused(merchant, WebhookUrlNotPublic, url=url)

    assert (error.code, error.param) == ("url_not_public", "url")


def test_without_leave_plain_http_is_refused(merchant: Merchant, settings: Any) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = False

    refused(merchant, WebhookUrlInvalid, url="http://93.184.216.34/hooks")


def test_without_leave_a_public_address_is_accepted(merchant: Merchant, settings: Any) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = False

    endpoint, _ = create(merchant, url="https://93.184.216.34/hooks")

    assert endpoint.url == "https://93.184.216.34/hooks"


@pytest.mark.parametrize(
    "events", [[], ["charge"], ["Charge.Refunded"], ["charge.*"], ["a.b"] * 251, ["a.b; drop"]]
)
def test_event_types_that_cannot_be_are_refused(merchant: Merchant, events: list[str]) -> None:
    refused(merchant, EnabledEventsInvalid, enabled_events=events)


def test_a_version_that_is_not_served_is_refused(merchant: Merchant) -> None:
    refused(merchant, WebhookVersionUnknown, api_version="2019-01-01")


def test_the_seventeenth_endpoint_is_refused_and_another_merchants_do_not_count(merchant: Merchant) -> None:
    for _ in range(16):
        create(merchant)

    with pytest.raises(TooManyWebhookEndpoints):
        create(merchant)

    create(create_merchant(name="Hat Shop", currency="usd"))
    assert list_endpoints(merchant.id).count() == 16


def test_a_deleted_endpoint_makes_room_and_is_gone_for_everyone(merchant: Merchant) -> None:
    made = [create(merchant).endpoint for _ in range(16)]

    delete_webhook_endpoint(merchant_id=merchant.id, endpoint_id=made[0].id)

    create(merchant)
    with pytest.raises(ResourceMissing):
        get_endpoint(merchant_id=merchant.id, endpoint_id=made[0].id)
    with pytest.raises(ResourceMissing):
        delete_webhook_endpoint(merchant_id=merchant.id, endpoint_id=made[0].id)


def test_only_what_is_given_changes(merchant: Merchant) -> None:
    endpoint, _ = create(merchant, description="Orders", metadata={"team": "web"})

    update_webhook_endpoint(merchant_id=merchant.id, endpoint_id=endpoint.id, url="https://shop.example/v2")

    stored = get_endpoint(merchant_id=merchant.id, endpoint_id=endpoint.id)
    assert (stored.url, stored.description, stored.metadata) == (
        "https://shop.example/v2",
        "Orders",
        {"team": "web"},
    )
    assert stored.enabled_events == ["charge.refunded"]


def test_an_endpoint_is_switched_off_and_on_again(merchant: Merchant) -> None:
    endpoint, _ = create(merchant)

    def switch(is_disabled: bool) -> WebhookEndpoint:
        return update_webhook_endpoint(
            merchant_id=merchant.id, endpoint_id=endpoint.id, is_disabled=is_disabled
        )

    assert (switch(True).status, switch(True).disabled_reason) == ("disabled", "Disabled by the merchant.")
    assert (switch(False).status, switch(False).disabled_reason) == ("enabled", "")


def test_a_refused_change_leaves_the_endpoint_as_it_was(merchant: Merchant) -> None:
    endpoint, _ = create(merchant)

    with pytest.raises(WebhookUrlInvalid):
        update_webhook_endpoint(
            merchant_id=merchant.id, endpoint_id=endpoint.id, url="nowhere", description="new"
        )

    assert get_endpoint(merchant_id=merchant.id, endpoint_id=endpoint.id).description == ""


@pytest.mark.parametrize("known_to_other", [True, False])
def test_another_merchant_can_neither_see_nor_touch_it(merchant: Merchant, known_to_other: bool) -> None:
    other = create_merchant(name="Hat Shop", currency="usd")
    endpoint_id: UUID = create(merchant).endpoint.id if known_to_other else ids.new_id()
    target = {"merchant_id": other.id, "endpoint_id": endpoint_id}

    for attempt in (get_endpoint, update_webhook_endpoint, delete_webhook_endpoint, roll_webhook_secret):
        with pytest.raises(ResourceMissing, match="No such webhook endpoint"):
            attempt(**target)


def test_a_rolled_secret_is_new_and_the_overlap_is_bounded(merchant: Merchant) -> None:
    endpoint, first = create(merchant)

    rolled, second = roll_webhook_secret(merchant_id=merchant.id, endpoint_id=endpoint.id, overlap_seconds=0)

    assert second != first
    assert (rolled.previous_secret_encrypted, rolled.previous_secret_expires_at) == ("", None)
    with pytest.raises(ParameterInvalid):
        roll_webhook_secret(merchant_id=merchant.id, endpoint_id=endpoint.id, overlap_seconds=604_801)
