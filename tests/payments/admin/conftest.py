"""A shop, its people, and their browsers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from foundation.tenancy.models import Merchant
from foundation.tenancy.staff import create_staff

PASSWORD = "correct-horse-battery"


@pytest.fixture
def merchant(db: None) -> Merchant:
    return Merchant.objects.create(name="Tea and Kettles", default_currency="usd")


@pytest.fixture
def other_merchant(db: None) -> Merchant:
    return Merchant.objects.create(name="Coffee and Mills", default_currency="usd")


@pytest.fixture
def client_of(merchant: Merchant) -> Callable[..., Client]:
    """client_of("agent") is the browser of ada, an agent of the merchant."""

    def make(role: str, username: str = "ada") -> Client:
        staff = create_staff(username=username, role=role, password=PASSWORD, merchant_ids=[merchant.id])
        client = Client()
        client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return make
