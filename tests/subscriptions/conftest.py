"""A shop that sells subscriptions, at the scripted PSP."""

from __future__ import annotations

import pytest

from tests.factories.billing import Biller
from tests.factories.shop import Shop


@pytest.fixture
def biller(shop: Shop) -> Biller:
    return Biller(shop)
