"""/v1/account is Stripe's account object."""

from __future__ import annotations

import pytest

from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_api_key
from tests.foundation.conftest import ApiCaller
from tests.stripe_shapes import shape_errors

pytestmark = pytest.mark.django_db


def test_the_account_has_stripes_shape_and_the_merchants_facts(api: ApiCaller, merchant: Merchant) -> None:
    account = api.get("/v1/account").json()

    assert shape_errors(account) == []
    assert account["id"] == merchant.public_id
    assert account["business_profile"]["name"] == "Corner Shop"
    assert (account["country"], account["default_currency"]) == ("US", "usd")


def test_a_key_without_the_scope_does_not_see_the_account(merchant: Merchant) -> None:
    caller = ApiCaller(create_api_key(merchant_id=merchant.pk, scopes={"payments": "write"}).secret)

    assert caller.get("/v1/account").status_code == 403


def test_an_unknown_parameter_is_refused_by_name(api: ApiCaller) -> None:
    response = api.get("/v1/account?foo=1")

    assert (response.status_code, response.json()["error"]["param"]) == (400, "foo")
