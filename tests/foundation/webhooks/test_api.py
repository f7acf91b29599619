"""/v1/webhook_endpoints and /v1/webhook_deliveries."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from foundation import ids
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_api_key, create_merchant
from foundation.webhooks.models import WebhookEndpoint
from tests.foundation.conftest import ApiCaller
from tests.stripe_shapes import shape_errors

pytestmark = pytest.mark.django_db

HOOK = (
    "url=https://example.com/hook&enabled_events[]=payment_intent.succeeded&enabled_events[]=charge.refunded"
)


@pytest.fixture
def stranger() -> ApiCaller:
    other = create_merchant(name="Other", currency="usd")
    return ApiCaller(create_api_key(merchant_id=other.pk).secret)


def made(api: ApiCaller, body: str = HOOK) -> dict[str, Any]:
    response = api.post("/v1/webhook_endpoints", body)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def test_an_endpoint_is_made_in_stripes_shape_and_shows_its_secret_once(api: ApiCaller) -> None:
    endpoint = made(api, HOOK + "&description=Shop&metadata[a]=b")

    seen = api.get(f"/v1/webhook_endpoints/{endpoint['id']}").json()
    assert shape_errors(endpoint) == []
    assert endpoint["secret"].startswith("whsec_")
    assert endpoint["enabled_events"] == ["payment_intent.succeeded", "charge.refunded"]
    assert (endpoint["status"], endpoint["metadata"], endpoint["livemode"]) == ("enabled", {"a": "b"}, False)
    assert seen == {name: value for name, value in endpoint.items() if name != "secret"}


def test_a_repeat_with_the_same_key_shows_the_same_secret_and_makes_no_second_endpoint(
    api: ApiCaller, merchant: Merchant
) -> None:
    first = api.post("/v1/webhook_endpoints", HOOK, key="k1")
    second = api.post("/v1/webhook_endpoints", HOOK, key="k1")

    assert first.content == second.content
    assert WebhookEndpoint.objects.for_merchant(merchant.pk).count() == 1


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ("enabled_events[]=*", "url"),
        ("url=https://example.com", "enabled_events"),
        ("url=ftp://example.com&enabled_events[]=*", "url"),
        ("url=https://u:p@example.com&enabled_events[]=*", "url"),
        ("url=https://example.com&enabled_events[]=Not+An+Event", "enabled_events"),
        ("url=https://example.com&enabled_events[]=*&api_version=2019-01-01", "api_version"),
        ("url=https://example.com&enabled_events[]=*&foo=1", "foo"),
    ],
)
def test_an_endpoint_that_cannot_work_is_refused_by_parameter(
    api: ApiCaller, merchant: Merchant, body: str, param: str
) -> None:
    response = api.post("/v1/webhook_endpoints", body)

    assert (response.status_code, response.json()["error"]["param"]) == (400, param)
    assert not WebhookEndpoint.objects.for_merchant(merchant.pk).exists()


def test_an_update_changes_what_is_given_and_unsets_what_is_empty(api: ApiCaller) -> None:
    endpoint = made(api, HOOK + "&description=Shop&metadata[a]=b&metadata[c]=d")

    changed = api.post(
        f"/v1/webhook_endpoints/{endpoint['id']}",
        "enabled_events[]=*&description=&metadata[a]=&metadata[e]=f&disabled=true",
    ).json()

    assert shape_errors(changed) == []
    assert (changed["enabled_events"], changed["description"]) == (["*"], None)
    assert (changed["metadata"], changed["status"]) == ({"c": "d", "e": "f"}, "disabled")
    assert changed["url"] == endpoint["url"]


def test_a_deleted_endpoint_is_gone(api: ApiCaller) -> None:
    endpoint = made(api)

    deleted = api.delete(f"/v1/webhook_endpoints/{endpoint['id']}").json()

    assert shape_errors(deleted) == []
    assert deleted == {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}
    assert api.get(f"/v1/webhook_endpoints/{endpoint['id']}").status_code == 404
    assert api.delete(f"/v1/webhook_endpoints/{endpoint['id']}").status_code == 404
    assert api.get("/v1/webhook_endpoints").json()["data"] == []


def test_a_rolled_secret_is_a_new_one(api: ApiCaller) -> None:
    endpoint = made(api)

    rolled = api.post(f"/v1/webhook_endpoints/{endpoint['id']}/roll_secret", "overlap_seconds=0").json()

    assert rolled["id"] == endpoint["id"]
    assert rolled["secret"].startswith("whsec_")
    assert rolled["secret"] != endpoint["secret"]


def test_the_list_is_in_stripes_shape_and_newest_first(api: ApiCaller) -> None:
    first, second = made(api), made(api)

    page = api.get("/v1/webhook_endpoints").json()

    assert shape_errors(page) == []
    assert [row["id"] for row in page["data"]] == [second["id"], first["id"]]


def test_another_merchants_endpoint_answers_like_an_absent_one(api: ApiCaller, stranger: ApiCaller) -> None:
    endpoint = made(api)
    absent = ids.encode_id("we", UUID(int=1))

    for method, suffix, body in (
        ("get", "", ""),
        ("post", "", "disabled=true"),
        ("post", "/roll_secret", ""),
    ):
        answers = []
        for name in (endpoint["id"], absent):
            path = f"/v1/webhook_endpoints/{name}{suffix}"
            response = stranger.get(path) if method == "get" else stranger.post(path, body)
            error = response.json()["error"]
            answers.append((response.status_code, error["code"], error["message"].replace(name, "")))
        assert answers[0] == answers[1]
        assert answers[0][:2] == (404, "resource_missing")
    assert stranger.delete(f"/v1/webhook_endpoints/{endpoint['id']}").status_code == 404
    assert stranger.get("/v1/webhook_endpoints").json()["data"] == []
    assert api.get(f"/v1/webhook_endpoints/{endpoint['id']}").json()["status"] == "enabled"


def test_a_key_needs_the_webhooks_scope(merchant: Merchant) -> None:
    reader = ApiCaller(create_api_key(merchant_id=merchant.pk, scopes={"webhooks": "read"}).secret)

    assert reader.get("/v1/webhook_endpoints").status_code == 200
    assert reader.post("/v1/webhook_endpoints", HOOK).status_code == 403
    assert reader.get("/v1/events").status_code == 403
