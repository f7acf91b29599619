"""A disputes agent's desk, and a caller of the API whose every answer is checked."""

from __future__ import annotations

import pytest

from tests.factories.dispute_desk import Desk
from tests.factories.shop import Shop
from tests.payments.api.conftest import CheckedCaller


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop)


@pytest.fixture
def api(desk: Desk) -> CheckedCaller:
    return desk.api
