"""A merchant and a caller of the API for the tests of the foundation's rooms."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_api_key, create_merchant

FORM = "application/x-www-form-urlencoded"


class ApiCaller:
    """Speaks to the API as a client library does: a secret key, forms or JSON, an Idempotency-Key."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.client = Client(raise_request_exception=False)

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=self._headers(None, headers))

    def post(
        self, path: str, body: str | bytes = "", *, key: str | None = None, kind: str = FORM, **headers: str
    ) -> Any:
        return self.client.post(path, data=body, content_type=kind, headers=self._headers(key, headers))

    def post_json(self, path: str, body: str | bytes, *, key: str | None = None) -> Any:
        return self.post(path, body, key=key, kind="application/json")

    def delete(self, path: str, *, key: str | None = None) -> Any:
        return self.client.delete(path, headers=self._headers(key, {}))

    def _headers(self, key: str | None, headers: dict[str, str]) -> dict[str, str]:
        sent = {"Authorization": f"Bearer {self.secret}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return sent | ({"Idempotency-Key": key} if key is not None else {})


@pytest.fixture
def merchant(db: None) -> Merchant:
    return create_merchant(name="Corner Shop", currency="usd")


@pytest.fixture
def api(merchant: Merchant) -> ApiCaller:
    return ApiCaller(create_api_key(merchant_id=merchant.pk).secret)
