"""The page of breakers: what flows, what is cut off, and switching it with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from foundation.ids import new_id
from foundation.resilience import breaker
from foundation.resilience.circuits import Switch
from foundation.tenancy.models import Merchant
from payments.models import BreakerSwitch, PspAccount
from payments.operations.create_psp_account import create_psp_account
from payments.psp.admission import circuit_of

ClientOf = Callable[..., Client]
BOARD = "/admin/payments/breakerswitch/"


@pytest.fixture
def account(merchant: Merchant) -> PspAccount:
    return create_psp_account(
        merchant_id=merchant.id, psp="stripe", name="Main", secret_key="sk_test_1", webhook_secret="whsec_1"
    )


def address(account: PspAccount) -> str:
    return f"/admin/payments/pspaccount/{account.id}/switch_breaker/"


def form(**changed: Any) -> dict[str, Any]:
    return {
        "form_key": new_id(),
        "operation": "authorize",
        "position": "open",
        "reason": "They announced a maintenance.",
        **changed,
    }


def switch_of(account: PspAccount) -> Switch:
    return breaker.read([circuit_of(account.public_id, "authorize")])[0].switch


def test_the_board_leads_with_what_is_cut_off(account: PspAccount, client_of: ClientOf) -> None:
    browser = client_of("admin")
    assert "All calls flow" in browser.get(BOARD).content.decode()

    answer = browser.post(address(account), form())

    assert (answer.status_code, answer.url) == (302, BOARD)
    page = browser.get(BOARD).content.decode()
    assert "1 cut off now" in page
    assert "Forced open" in page
    assert "They announced a maintenance." in page


def test_the_switch_is_kept_with_the_person_and_the_reason(account: PspAccount, client_of: ClientOf) -> None:
    client_of("admin").post(address(account), form())

    decided = BreakerSwitch.objects.for_merchant(account.merchant_id).get()
    assert (decided.operation, decided.position, decided.reason) == (
        "authorize",
        "open",
        "They announced a maintenance.",
    )
    assert "ada" in decided.decided_by
    assert switch_of(account) is Switch.OPEN


def test_opening_the_form_switches_nothing_and_names_the_operation_asked_for(
    account: PspAccount, client_of: ClientOf
) -> None:
    page = client_of("admin").get(f"{address(account)}?operation=refund").content.decode()

    assert '<option value="refund" selected' in page
    assert switch_of(account) is Switch.AUTOMATIC


@pytest.mark.parametrize("changed", [{"reason": ""}, {"operation": "fly"}, {"position": "ajar"}])
def test_a_switch_without_a_reason_or_of_nothing_known_is_refused(
    account: PspAccount, client_of: ClientOf, changed: dict[str, str]
) -> None:
    answer = client_of("admin").post(address(account), form(**changed))

    assert answer.status_code == 422
    assert switch_of(account) is Switch.AUTOMATIC
    assert not BreakerSwitch.objects.for_merchant(account.merchant_id).exists()


@pytest.mark.parametrize("role", ["agent", "finance", "auditor"])
def test_who_may_not_switch_is_refused(account: PspAccount, client_of: ClientOf, role: str) -> None:
    browser = client_of(role)

    assert browser.post(address(account), form()).status_code == 403 or role == "agent"
    assert switch_of(account) is Switch.AUTOMATIC


def test_an_auditor_sees_the_board_without_a_switch(account: PspAccount, client_of: ClientOf) -> None:
    page = client_of("auditor").get(BOARD)

    assert page.status_code == 200
    assert "switch_breaker" not in page.content.decode()


def test_another_merchants_accounts_are_neither_seen_nor_switched(
    account: PspAccount, other_merchant: Merchant, client_of: ClientOf
) -> None:
    theirs = create_psp_account(
        merchant_id=other_merchant.id, psp="stripe", name="Theirs", secret_key="sk_2", webhook_secret="wh_2"
    )
    browser = client_of("admin")

    assert "Theirs" not in browser.get(BOARD).content.decode()
    assert browser.post(address(theirs), form()).status_code == 404
    assert switch_of(theirs) is Switch.AUTOMATIC
