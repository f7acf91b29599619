"""An account at the scripted PSP, as the connector is handed it, and payments made there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from foundation.ids import new_id
from foundation.money import Money
from payments.psp.outcomes import (
    Succeeded,
)
from payments.psp.port import (
    Answer,
    AuthorizeRequest,
    Credentials,
)
from tests.factories.scripted_psp import ScriptedPsp
from tests.payments.psp.orders import USD, connector


@pytest.fixture
def credentials(psp: ScriptedPsp) -> Credentials:
    return Credentials(account_id="psp_1", secret_key=psp.key, base_url=psp.base_url, deadline_seconds=1)


@pytest.fixture
def authorize(credentials: Credentials) -> Callable[..., Answer]:
    def call(**changes: Any) -> Answer:
        request = AuthorizeRequest(
            psp_key=f"ch_{new_id().hex}",
            amount=Money(10_00, USD),
            token="pm_card_visa",
            return_url="https://shop.example.com/done",
            references={"payment_intent": "pi_ours"},
        )
        return connector.authorize(credentials, replace(request, **changes))

    return call


@pytest.fixture
def held(authorize: Callable[..., Answer]) -> Succeeded:
    outcome = authorize(capture=False).outcome
    assert isinstance(outcome, Succeeded)
    return outcome


@pytest.fixture
def paid(authorize: Callable[..., Answer]) -> Succeeded:
    outcome = authorize().outcome
    assert isinstance(outcome, Succeeded)
    return outcome
