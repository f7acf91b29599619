"""Balances: now, per account, and as of an instant."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from foundation.money import Money
from foundation.tenancy.models import Merchant
from ledger.errors import AccountPathInvalid
from ledger.queries.balances import (
    get_balance,
    get_balances,
    get_clearing_balances,
    list_accounts_with_balances,
    list_balances_as_of,
)
from ledger.steps import Line
from tests.ledger.books import CLEARING, NOON, SALES, captured, post, usd

pytestmark = pytest.mark.django_db


def test_a_balance_is_positive_on_the_accounts_normal_side(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    post(
        merchant_id=merchant.id,
        reference="refund:1",
        lines=[Line("income/refunds", usd(400)), Line(CLEARING, usd(-400))],
    )

    clearing = get_balance(merchant.id, CLEARING, "usd")
    sales = get_balance(merchant.id, SALES, "usd")
    assert (clearing.debits_minor, clearing.credits_minor, clearing.balance) == (1000, 400, usd(600))
    assert (sales.balance, sales.net_debit) == (usd(1000), usd(-1000))
    assert get_balance(merchant.id, "income/refunds", "usd").balance == usd(400)


def test_an_account_without_postings_stands_at_zero(merchant: Merchant) -> None:
    balance = get_balance(merchant.id, "liabilities/tax_payable", "usd")

    assert (balance.account_id, balance.normal_side, balance.balance) == (None, "credit", usd(0))


def test_a_path_of_no_account_has_no_balance(merchant: Merchant) -> None:
    with pytest.raises(AccountPathInvalid):
        get_balance(merchant.id, "sales", "usd")


def test_accounts_are_listed_with_their_balances_and_only_the_merchants_own(
    merchant: Merchant, other_merchant: Merchant
) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    post(merchant_id=merchant.id, reference="capture:2", lines=captured(70, "eur"))
    post(merchant_id=other_merchant.id, reference="capture:1", lines=captured(5))

    listed = [(a.path, a.balance) for a in list_accounts_with_balances(merchant.id)]

    assert listed == [
        (CLEARING, Money(70, "eur")),
        (CLEARING, usd(1000)),
        (SALES, Money(70, "eur")),
        (SALES, usd(1000)),
    ]
    assert [(a.path, a.balance) for a in get_balances(merchant.id, [SALES])] == listed[2:]


def test_clearing_balances_are_those_of_the_psp_accounts(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    post(
        merchant_id=merchant.id,
        reference="capture:2",
        lines=[Line("assets/psp_clearing/psp_2", usd(30)), Line("assets/psp_clearing_reserve", usd(-30))],
    )

    assert [(a.path, a.balance) for a in get_clearing_balances(merchant.id)] == [
        (CLEARING, usd(1000)),
        ("assets/psp_clearing/psp_2", usd(30)),
    ]


def test_a_balance_as_of_counts_what_had_happened_and_what_was_known_by_then(merchant: Merchant) -> None:
    with time_machine.travel(NOON, tick=False):
        post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    with time_machine.travel(NOON + timedelta(days=2), tick=False):
        post(
            merchant_id=merchant.id,
            reference="capture:late",
            lines=captured(20),
            effective_at=NOON - timedelta(days=1),
        )

    def sales(**as_of: object) -> list[Money]:
        balances = list_balances_as_of(merchant.id, **as_of)  # type: ignore[arg-type]
        return [a.balance for a in balances if a.path == SALES]

    assert sales() == [usd(1020)]
    assert sales(effective_at=NOON - timedelta(hours=1)) == [usd(20)]
    assert sales(effective_at=NOON) == [usd(1020)]
    assert sales(recorded_at=NOON) == [usd(1000)]
    assert sales(recorded_at=NOON - timedelta(seconds=1)) == [usd(0)]
    assert sales(effective_at=NOON - timedelta(hours=1), recorded_at=NOON) == [usd(0)]
