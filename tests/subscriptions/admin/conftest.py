"""People of the shop, and their browsers."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.test import Client

from foundation.tenancy.staff import create_staff
from tests.factories.shop import Shop

PASSWORD = "correct-horse-battery"


@pytest.fixture
def client_of(shop: Shop) -> Callable[..., Client]:
    """client_of("agent") is the browser of ada, an agent of the shop."""

    def make(role: str, username: str = "ada", merchant_id: UUID | None = None) -> Client:
        own = [merchant_id or shop.id]
        staff = create_staff(username=username, role=role, password=PASSWORD, merchant_ids=own)
        client = Client()
        client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return make
