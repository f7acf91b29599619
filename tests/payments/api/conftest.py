"""A shop and a caller of its API whose every answer is checked against Stripe's schema and the error contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from foundation.idempotency.models import IdempotencyKey
from foundation.ids import new_id
from foundation.tenancy.operations import create_api_key
from payments.models import Customer, PaymentMethod, SetupIntent
from payments.operations.attach_payment_method import attach_payment_method
from payments.operations.create_customer import create_customer
from payments.operations.create_setup_intent import create_setup_intent
from payments.operations.delete_customer import delete_customer
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop
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


class Named(dict[str, str]):
    """`"/v1/refunds/{re}".format_map(named)`: objects made when first named; `other_…` are another merchant's."""

    def __init__(self, shop: Shop, other: Callable[[], Shop]) -> None:
        super().__init__(pan="4242424242424242")
        self.shop = shop
        self.other = other

    def __missing__(self, name: str) -> str:
        owner, _, kind = name.rpartition("_")
        self[name] = _made(self.other() if owner == "other" else self.shop, kind)
        return self[name]


def _made(shop: Shop, kind: str) -> str:
    match kind:
        case "pi":
            return shop.intent(token=None).public_id
        case "ready":
            return shop.intent().public_id
        case "held":
            return shop.authorizes().public_id
        case "paid":
            return shop.pays().public_id
        case "canceled":
            return shop.cancels(shop.authorizes()).public_id
        case "refunded":
            paid = shop.pays()
            shop.gives_back(paid)
            return paid.public_id
        case "ch":
            return shop.attempt(shop.pays()).public_id
        case "heldch":
            return shop.attempt(shop.authorizes()).public_id
        case "re":
            return shop.gives_back(shop.pays()).public_id
        case "pm":
            return shop.method().public_id
        case "cus":
            return create_customer(merchant_id=shop.id, customer_id=new_id(), name="Ada").public_id
        case "gone":
            customer = create_customer(merchant_id=shop.id, customer_id=new_id(), name="Gone")
            return delete_customer(merchant_id=shop.id, customer_id=customer.id).public_id
        case "hers":
            customer = create_customer(merchant_id=shop.id, customer_id=new_id(), name="Grace")
            attached = attach_payment_method(
                merchant_id=shop.id, payment_method_id=shop.method().id, customer_id=customer.id
            )
            return attached.public_id
        case "seti":
            return create_setup_intent(merchant_id=shop.id, setup_intent_id=new_id()).public_id
        case "psp":
            return shop.account.public_id
    raise KeyError(kind)


@pytest.fixture
def named(shop: Shop, sandbox: Sandbox) -> Named:
    others: list[Shop] = []

    def other() -> Shop:
        if not others:
            others.append(open_shop(ScriptedPsp(sandbox, key=f"sk_test_{new_id().hex}"), name="Other shop"))
        return others[0]

    return Named(shop, other)


@pytest.fixture
def refuses(
    api: CheckedCaller, named: Named, trace_of: Callable[[], dict[str, Any]]
) -> Callable[..., dict[str, Any]]:
    """Sends a request with a key, and returns its refusal once nothing is found to have changed; a refusal after the
    parameters were read is kept under the key (keeps_key), one before is not."""

    def refused(method: str, path: str, body: str = "", *, keeps_key: bool = False) -> dict[str, Any]:
        url, body = path.format_map(named), body.format_map(named)
        before = trace_of()

        if method == "post":
            response = api.post(url, body, key="bad-input")
        elif method == "delete":
            response = api.delete(url, key="bad-input")
        else:
            response = api.get(url)

        after = trace_of()
        after["IdempotencyKey"] -= keeps_key
        assert after == before
        assert response.status_code >= 400, response.content
        error: dict[str, Any] = response.json()["error"]
        return {"status": response.status_code, **error}

    return refused
