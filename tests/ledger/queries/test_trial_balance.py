"""The trial balance: debits equal credits in every currency, at any instant."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation.tenancy.models import Merchant
from ledger.queries.trial_balance import TrialBalanceTotal, get_trial_balance
from tests.ledger.books import CLEARING, NOON, SALES, captured, post

pytestmark = pytest.mark.django_db


def test_debits_equal_credits_in_every_currency(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    post(merchant_id=merchant.id, reference="refund:1", lines=captured(-400))
    post(merchant_id=merchant.id, reference="capture:2", lines=captured(70, "eur"))

    trial = get_trial_balance(merchant.id)

    assert trial.is_balanced
    assert trial.totals == [TrialBalanceTotal("eur", 70, 70), TrialBalanceTotal("usd", 1400, 1400)]
    assert [(a.path, a.currency, a.debits_minor, a.credits_minor) for a in trial.accounts] == [
        (CLEARING, "eur", 70, 0),
        (CLEARING, "usd", 1000, 400),
        (SALES, "eur", 0, 70),
        (SALES, "usd", 400, 1000),
    ]


def test_a_past_trial_balance_leaves_out_what_came_later(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    post(
        merchant_id=merchant.id,
        reference="capture:2",
        lines=captured(5),
        effective_at=NOON + timedelta(days=1),
    )

    assert get_trial_balance(merchant.id, effective_at=NOON).totals == [TrialBalanceTotal("usd", 1000, 1000)]


def test_the_books_of_a_new_merchant_are_empty_and_balanced(merchant: Merchant) -> None:
    trial = get_trial_balance(merchant.id)

    assert trial.is_balanced
    assert trial.totals == []
