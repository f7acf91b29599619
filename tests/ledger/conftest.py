"""A merchant of its own for every test of the ledger, and short words for lines and entries."""

from __future__ import annotations

import pytest

from foundation.tenancy.models import Merchant


@pytest.fixture
def merchant(db: None) -> Merchant:
    return Merchant.objects.create(name="Tea shop", default_currency="usd")


@pytest.fixture
def other_merchant(db: None) -> Merchant:
    return Merchant.objects.create(name="Hat shop", default_currency="usd")
