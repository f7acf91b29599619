"""Shops whose PSP may fail, and the caller of their API."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from foundation.tenancy.operations import create_api_key
from payments.models import PspAccount
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop
from tests.foundation.conftest import ApiCaller


@pytest.fixture
def quick_shop(db: None, psp: ScriptedPsp) -> Shop:
    """A shop that waits a second for its PSP, and a minute for what the PSP may still report."""
    return open_shop(psp, deadline_seconds=1)


@pytest.fixture
def api(shop: Shop) -> ApiCaller:
    return ApiCaller(create_api_key(merchant_id=shop.id).secret)


@pytest.fixture
def unreachable(shop: Shop) -> Callable[[bool], None]:
    """`unreachable(True)`: nobody listens where the shop's PSP was; `unreachable(False)`: it is back."""

    def switch(is_away: bool) -> None:
        account: Any = PspAccount.objects.for_merchant(shop.id).get(pk=shop.account.pk)
        account.base_url = f"http://127.0.0.1:{closed_port()}" if is_away else shop.psp.base_url
        account.save(update_fields=["base_url"])

    return switch


def closed_port() -> int:
    """A port that was free a moment ago and on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
