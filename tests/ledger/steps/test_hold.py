"""Holds: opened, settled in full or in parts, given back; the memo accounts carry what remains."""

from __future__ import annotations

import pytest

from foundation.errors import ResourceMissing
from foundation.money import CurrencyMismatch, Money
from foundation.tenancy.models import Merchant
from foundation.transactions import owns_transaction
from ledger import steps
from ledger.errors import HoldExceeded, LedgerReferenceReused
from ledger.models import Hold, JournalEntry
from ledger.queries.balances import get_balance
from tests.ledger.books import NOON, hold, own_checks, release, settle, usd

pytestmark = pytest.mark.django_db


def authorized(merchant: Merchant) -> Money:
    contra = get_balance(merchant.id, "memo/authorization_contra", "usd").balance
    memo = get_balance(merchant.id, "memo/authorized", "usd").balance
    assert contra == memo
    return memo


def parts(held: steps.HeldAmount) -> tuple[int, int, int, str]:
    return held.posted.amount_minor, held.released.amount_minor, held.remaining.amount_minor, held.status


def test_a_hold_sets_the_amount_aside_in_the_memo_accounts(merchant: Merchant) -> None:
    held = hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000)

    assert parts(held) == (0, 0, 1000, "pending")
    assert authorized(merchant) == usd(1000)


def test_opening_again_by_the_same_reference_holds_once(merchant: Merchant) -> None:
    first = hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000)

    again = hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000)

    assert again == first
    assert authorized(merchant) == usd(1000)


def test_the_same_reference_for_another_amount_is_refused(merchant: Merchant) -> None:
    hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000)

    with pytest.raises(LedgerReferenceReused):
        hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1001)

    assert authorized(merchant) == usd(1000)


def test_a_full_settlement_posts_the_hold(merchant: Merchant) -> None:
    hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000)

    held = settle(merchant_id=merchant.id, hold_reference="auth:1", reference="capture:1", amount_minor=1000)

    assert parts(held) == (1000, 0, 0, "posted")
    assert authorized(merchant) == usd(0)


def test_a_partial_settlement_posts_part_and_releases_the_rest(merchant: Merchant) -> None:
    hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000)

    held = settle(merchant_id=merchant.id, hold_reference="auth:1", reference="capture:1", amount_minor=300)

    assert parts(held) == (300, 700, 0, "posted")
    assert authorized(merchant) == usd(0)
    assert Hold.across_merchants.get().ended_at is not None


def test_several_settlements_share_a_hold_until_the_final_one(merchant: Merchant) -> None:
    hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000)

    first = settle(
        merchant_id=merchant.id,
        hold_reference="auth:1",
        reference="capture:1",
        amount_minor=300,
        is_final=False,
    )
    held_between = authorized(merchant)
    second = settle(merchant_id=merchant.id, hold_reference="auth:1", reference="capture:2", amount_minor=500)

    assert parts(first) == (300, 0, 700, "pending")
    assert held_between == usd(700)
    assert parts(second) == (800, 200, 0, "posted")
    assert authorized(merchant) == usd(0)


@pytest.mark.parametrize("is_final", [True, False])
def test_settling_again_by_the_same_reference_changes_nothing(merchant: Merchant, is_final: bool) -> None:
    hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000)
    capture = {"merchant_id": merchant.id, "hold_reference": "auth:1", "reference": "capture:1"}
    first = settle(**capture, amount_minor=600, is_final=is_final)
    entries = JournalEntry.across_merchants.count()

    again = settle(**capture, amount_minor=600, is_final=is_final)

    assert again == first
    assert JournalEntry.across_merchants.count() == entries


def test_more_than_remains_is_refused_and_nothing_moves(merchant: Merchant) -> None:
    hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000)

    with pytest.raises(HoldExceeded):
        settle(merchant_id=merchant.id, hold_reference="auth:1", reference="capture:1", amount_minor=1001)

    assert authorized(merchant) == usd(1000)
    assert JournalEntry.across_merchants.count() == 1


@pytest.mark.parametrize(("is_expired", "status"), [(False, "released"), (True, "expired")])
def test_a_hold_given_back_whole_says_why(merchant: Merchant, is_expired: bool, status: str) -> None:
    hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000)

    held = release(merchant_id=merchant.id, hold_reference="auth:1", is_expired=is_expired)

    assert parts(held) == (0, 1000, 0, status)
    assert authorized(merchant) == usd(0)


def test_releasing_what_has_ended_changes_nothing(merchant: Merchant) -> None:
    hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000)
    settled = settle(
        merchant_id=merchant.id, hold_reference="auth:1", reference="capture:1", amount_minor=1000
    )

    assert release(merchant_id=merchant.id, hold_reference="auth:1") == settled
    assert JournalEntry.across_merchants.count() == 2


def test_a_hold_settled_in_part_and_released_ends_as_posted(merchant: Merchant) -> None:
    hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000)
    settle(
        merchant_id=merchant.id,
        hold_reference="auth:1",
        reference="capture:1",
        amount_minor=300,
        is_final=False,
    )

    held = release(merchant_id=merchant.id, hold_reference="auth:1", is_expired=True)

    assert parts(held) == (300, 700, 0, "posted")
    assert own_checks(merchant.id).differences == []


def test_another_merchants_hold_is_absent(merchant: Merchant, other_merchant: Merchant) -> None:
    hold(merchant_id=other_merchant.id, reference="auth:1", amount_minor=1000)

    with pytest.raises(ResourceMissing):
        release(merchant_id=merchant.id, hold_reference="auth:1")

    assert authorized(other_merchant) == usd(1000)


def test_a_hold_is_settled_in_its_own_currency_only(merchant: Merchant) -> None:
    hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000)

    with pytest.raises(CurrencyMismatch):
        owns_transaction(steps.settle_hold)(
            merchant_id=merchant.id,
            hold_reference="auth:1",
            reference="capture:1",
            amount=Money(10, "eur"),
            effective_at=NOON,
        )

    assert authorized(merchant) == usd(1000)
