"""A caller of the API whose every answer is checked against Stripe's schema and the error contract."""

from __future__ import annotations

import pytest

from foundation.tenancy.operations import create_api_key
from tests.factories.shop import Shop
from tests.payments.api.conftest import CheckedCaller


@pytest.fixture
def api(shop: Shop) -> CheckedCaller:
    return CheckedCaller(create_api_key(merchant_id=shop.id).secret)
