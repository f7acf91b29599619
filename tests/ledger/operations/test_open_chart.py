"""The chart of accounts: there before anything is posted, in each currency."""

from __future__ import annotations

import pytest

from foundation.money import CurrencyUnknown
from foundation.tenancy.models import Merchant
from ledger.chart import CHART, name_of
from ledger.models import LedgerAccount
from ledger.operations.open_chart import open_chart
from ledger.paths import rule_of

pytestmark = pytest.mark.django_db


def test_the_standard_accounts_are_opened_once_in_each_currency(merchant: Merchant) -> None:
    for currency in ("usd", "usd", "jpy"):
        open_chart(merchant_id=merchant.id, currency=currency)

    alone = {line.path for line in CHART if not line.is_family}
    for currency in ("usd", "jpy"):
        accounts = LedgerAccount.objects.for_merchant(merchant.id).filter(currency=currency)
        assert {account.path for account in accounts} == alone
    assert LedgerAccount.across_merchants.count() == 2 * len(alone)


def test_an_unknown_currency_opens_nothing(merchant: Merchant) -> None:
    with pytest.raises(CurrencyUnknown):
        open_chart(merchant_id=merchant.id, currency="xxq")

    assert LedgerAccount.across_merchants.count() == 0


def test_every_line_of_the_chart_is_a_path_with_a_name() -> None:
    assert all(rule_of(line.path).type for line in CHART)
    assert name_of("assets/psp_clearing/psp_1") == "Owed by the PSPs"
    assert name_of("income/sales") == "Sales"
    assert name_of("income/sales/tea") == ""
