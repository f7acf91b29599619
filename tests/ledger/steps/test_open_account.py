"""open_account: declaring a guard."""

from __future__ import annotations

import pytest

from foundation.tenancy.models import Merchant
from ledger.errors import AccountGuardDiffers, AccountPathInvalid
from ledger.models import LedgerAccount
from tests.ledger.books import CLEARING, captured, open_account, post

pytestmark = pytest.mark.django_db


def test_opening_twice_answers_the_same_account(merchant: Merchant) -> None:
    first = open_account(merchant_id=merchant.id, path="liabilities/wallet", never_negative=True)

    assert open_account(merchant_id=merchant.id, path="liabilities/wallet", never_negative=True) == first
    account = LedgerAccount.objects.for_merchant(merchant.id).get()
    assert (account.id, account.guard, account.normal_side) == (first, "never_negative", "credit")


def test_an_account_that_is_open_without_the_guard_is_not_guarded_in_passing(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    with pytest.raises(AccountGuardDiffers):
        open_account(merchant_id=merchant.id, path=CLEARING, never_negative=True)

    assert LedgerAccount.objects.for_merchant(merchant.id).get(path=CLEARING).guard == "none"


def test_a_path_of_no_account_is_refused(merchant: Merchant) -> None:
    with pytest.raises(AccountPathInvalid):
        open_account(merchant_id=merchant.id, path="wallets/1", never_negative=True)

    assert LedgerAccount.across_merchants.count() == 0
