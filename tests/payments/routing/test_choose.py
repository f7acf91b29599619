"""Which PSP account a payment goes to."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.ids import new_id
from payments.errors import PspNotConfigured
from payments.models import PspAccount
from payments.routing.choose import choose_psp


def account(name: str, **fields: Any) -> PspAccount:
    return PspAccount(id=new_id(), psp="stripe", name=name, **fields)


def chosen(
    accounts: list[PspAccount], *, currency: str = "usd", holding: list[PspAccount] | None = None
) -> str:
    holders = accounts if holding is None else holding
    decision = choose_psp(
        currency=currency, accounts=accounts, accounts_with_token=frozenset(row.id for row in holders)
    )
    assert decision.reason.startswith(decision.psp_account.name)
    return decision.psp_account.name


def test_lowest_priority_number_wins() -> None:
    assert chosen([account("second", priority=20), account("first", priority=10)]) == "first"


def test_older_account_wins_a_tie() -> None:
    older, newer = account("older"), account("newer")

    assert chosen([newer, older]) == "older"


def test_inactive_account_is_passed_over() -> None:
    assert chosen([account("off", priority=1, is_active=False), account("on", priority=2)]) == "on"


def test_account_that_does_not_take_the_currency_is_passed_over() -> None:
    accounts = [account("euro", priority=1, currencies=["eur"]), account("any", priority=2)]

    assert chosen(accounts) == "any"
    assert chosen(accounts, currency="eur") == "euro"


def test_account_without_a_token_of_the_method_cannot_charge_it() -> None:
    cheap, holder = account("cheap", priority=1), account("holder", priority=2)

    assert chosen([cheap, holder], holding=[holder]) == "holder"


@pytest.mark.parametrize("fields", [{"is_active": False}, {"currencies": ["eur"]}])
def test_nobody_left_is_a_refusal(fields: dict[str, Any]) -> None:
    with pytest.raises(PspNotConfigured):
        chosen([account("only", **fields)])
    with pytest.raises(PspNotConfigured):
        chosen([account("only")], holding=[])
    with pytest.raises(PspNotConfigured):
        chosen([])
