"""A merchant, people of every role, and a client that is one of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from foundation.tenancy.models import Merchant, StaffUser
from foundation.tenancy.staff import create_staff

PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def nobody_has_tried_before() -> None:
    cache.clear()


@pytest.fixture
def merchant(db: None) -> Merchant:
    return Merchant.objects.create(name="Tea and Kettles", default_currency="usd")


@pytest.fixture
def person(merchant: Merchant) -> Callable[..., StaffUser]:
    """person("agent") makes ada, an agent of the merchant."""

    def make(role: str, username: str = "ada") -> StaffUser:
        return create_staff(username=username, role=role, password=PASSWORD, merchant_ids=[merchant.id])

    return make


@pytest.fixture
def client_of(person: Callable[..., StaffUser]) -> Callable[[str], Client]:
    """client_of("agent") is the browser of a logged-in agent."""

    def make(role: str) -> Client:
        client = Client()
        client.force_login(person(role), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return make
