"""A shop and a caller of its API whose every answer is checked against Stripe's schema and the error contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from foundation.idempotency.models import IdempotencyKey
from foundation.tenancy.operations import create_api_key
from payments.models import Customer, PaymentMethod, SetupIntent
from tests.factories.shop import Shop
from tests.foundation.conftest import FORM, ApiCaller
from tests.stripe_shapes.contract import assert_in_contract


class CheckedCaller(ApiCaller):
    """Sends forms (`post_form("/v1/refunds", charge="ch_…")`) and looks at every answer before the test does."""

    def get(self, path: str, **headers: str) -> Any:
        return self._checked(super().get(path, **headers))

    def post(
        self, path: str, body: str | bytes = "", *, key: str | None = None, kind: str = FORM, **headers: str
    ) -> Any:
        return self._checked(super().post(path, body, key=key, kind=kind, **headers))

    def delete(self, path: str, *, key: str | None = None) -> Any:
        return self._checked(super().delete(path, key=key))

    def post_form(self, path: str, parameters: dict[str, str] | None = None, **named: Any) -> Any:
        """The answer's JSON; parameters by names with brackets, or plain ones by keyword."""
        pairs = {**(parameters or {}), **named}
        body = "&".join(f"{quote(name, safe='[]')}={quote(str(value))}" for name, value in pairs.items())
        return self.post(path, body).json()

    def _checked(self, response: Any) -> Any:
        assert_in_contract(response.status_code, response.headers, response.content)
        return response


@pytest.fixture
def api(shop: Shop) -> CheckedCaller:
    return CheckedCaller(create_api_key(merchant_id=shop.id).secret)


@pytest.fixture
def caller_with(shop: Shop) -> Callable[..., CheckedCaller]:
    """caller_with(scopes={"refunds": "read"}) has a key of that kind."""

    def made(**key: Any) -> CheckedCaller:
        return CheckedCaller(create_api_key(merchant_id=shop.id, **key).secret)

    return made


@pytest.fixture
def trace_of(shop: Shop) -> Callable[[], dict[str, Any]]:
    """Everything that a refused request must leave as it was, the key it was sent under included."""

    def taken() -> dict[str, Any]:
        rows = {
            model.__name__: model.objects.for_merchant(shop.id).count()
            for model in (Customer, PaymentMethod, SetupIntent, IdempotencyKey)
        }
        return {**shop.footprint(), **rows}

    return taken
