"""verify_books finds each kind of damage. The damage is done as the database's owner would: past the triggers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from foundation.tenancy.models import Merchant
from ledger.models import BalanceSnapshot, Hold, JournalEntry
from ledger.queries import verify
from ledger.queries.balances import get_balance
from ledger.queries.verify import LEDGER_CHECKS, Difference, register_check, verify_books
from tests.factories.owner import past_the_triggers
from tests.ledger.books import CLEARING, captured, hold, open_account, own_checks, post, roll_all, settle

pytestmark = pytest.mark.django_db(transaction=True)


def tamper(sql: str, parameters: list[Any] | None = None) -> None:
    past_the_triggers(sql, parameters)


def failed_checks(merchant_id: UUID | None = None) -> set[str]:
    return {difference.check for difference in own_checks(merchant_id).differences}


@pytest.fixture
def books(merchant: Merchant) -> Merchant:
    """Two captures, a hold settled in part, and a snapshot of every account."""
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    post(merchant_id=merchant.id, reference="capture:2", lines=captured(250))
    hold(merchant_id=merchant.id, reference="auth:1", amount_minor=900)
    settle(
        merchant_id=merchant.id,
        hold_reference="auth:1",
        reference="capture:3",
        amount_minor=400,
        is_final=False,
    )
    roll_all()
    return merchant


def test_whole_books_are_whole(books: Merchant) -> None:
    verification = own_checks(books.id)

    assert verification.is_whole
    assert (verification.entries, verification.postings) == (4, 8)
    assert verification.checks == [
        "entries_are_whole",
        "postings_fit_entry_and_account",
        "balances_equal_replay",
        "holds_equal_memo_postings",
        "guarded_accounts_hold",
        "reversals_undo_their_entries",
        "fx_accounts_equal_exchanges",
        "adjustments_are_posted_as_approved",
        "closed_periods_stand",
    ]


def test_a_changed_amount_is_found_in_the_entry_and_in_the_balance(books: Merchant) -> None:
    entry = JournalEntry.across_merchants.get(reference="capture:1")
    tamper("UPDATE ledger_posting SET amount_minor = 900 WHERE entry_id = %s AND line = 1", [entry.id])

    differences = own_checks(books.id).differences

    assert differences == [
        Difference(
            "entries_are_whole",
            books.id,
            f"entry {entry.id}",
            "2 postings, each currency at 0",
            "2 postings, usd at -100",
        ),
        Difference(
            "balances_equal_replay",
            books.id,
            f"{CLEARING} in usd ({get_balance(books.id, CLEARING, 'usd').account_id})",
            "debits 1150, credits 0",
            "debits 1250, credits 0",
        ),
    ]


def test_a_removed_posting_is_found(books: Merchant) -> None:
    tamper("DELETE FROM ledger_posting WHERE id = (SELECT max(id) FROM ledger_posting)")

    assert "entries_are_whole" in failed_checks()


def test_an_entry_without_postings_is_found(books: Merchant) -> None:
    tamper(
        "DELETE FROM ledger_posting WHERE entry_id = (SELECT max(id::text)::uuid FROM ledger_journalentry)"
    )

    assert "entries_are_whole" in failed_checks()


def test_a_removed_entry_leaves_strays_that_are_found(books: Merchant) -> None:
    tamper("DELETE FROM ledger_journalentry WHERE reference = 'capture:1'")

    assert failed_checks() == {"postings_fit_entry_and_account"}


def test_a_wrong_snapshot_is_found(books: Merchant) -> None:
    BalanceSnapshot.objects.filter(account__path=CLEARING).update(debits=1251)

    assert failed_checks() == {"balances_equal_replay"}


def test_a_hold_that_differs_from_its_memo_postings_is_found(books: Merchant) -> None:
    Hold.across_merchants.update(posted_minor=300, remaining_minor=600)

    differences = own_checks(books.id).differences

    assert {(d.check, d.expected, d.found) for d in differences} == {
        (
            "holds_equal_memo_postings",
            "opened 900, posted 400, released 0",
            "opened 900, posted 300, released 0",
        ),
        ("holds_equal_memo_postings", "500 authorized", "600 held"),
    }


def test_a_guarded_account_below_zero_is_found(books: Merchant) -> None:
    open_account(merchant_id=books.id, path="assets/bank", never_negative=False)
    post(merchant_id=books.id, reference="refund:1", lines=captured(-2000))
    tamper("UPDATE ledger_ledgeraccount SET guard = 'never_negative' WHERE path = %s", [CLEARING])

    assert failed_checks() == {"guarded_accounts_hold"}


def test_one_merchants_damage_is_not_anothers(books: Merchant, other_merchant: Merchant) -> None:
    post(merchant_id=other_merchant.id, reference="capture:1", lines=captured(1000))
    tamper("UPDATE ledger_posting SET amount_minor = 1 WHERE merchant_id = %s", [other_merchant.id])

    assert failed_checks(books.id) == set()
    assert failed_checks(other_merchant.id) == {"entries_are_whole"}


def test_the_number_of_differences_is_bounded(books: Merchant) -> None:
    tamper("UPDATE ledger_posting SET amount_minor = amount_minor + 1")

    differences = own_checks(limit=2).differences

    assert [d.check for d in differences].count("entries_are_whole") == 2


@pytest.fixture
def checks_as_before() -> Iterator[None]:
    before = dict(verify._checks)
    yield
    verify._checks.clear()
    verify._checks.update(before)


def test_a_check_of_a_floor_above_is_run_too(books: Merchant, checks_as_before: None) -> None:
    asked: list[tuple[UUID | None, int]] = []

    def cash_is_counted(merchant_id: UUID | None, limit: int) -> Iterator[Difference]:
        asked.append((merchant_id, limit))
        yield Difference("cash_is_counted", merchant_id, "payment pi_1", "1000", "999")

    register_check("cash_is_counted", cash_is_counted)

    verification = verify_books(books.id, limit=7, only=[*LEDGER_CHECKS, "cash_is_counted"])

    assert asked == [(books.id, 7)]
    assert [d.subject for d in verification.differences] == ["payment pi_1"]
    assert verification.checks[-1] == "cash_is_counted"


def test_two_checks_cannot_share_a_name(checks_as_before: None) -> None:
    register_check("twice", lambda merchant_id, limit: [])

    with pytest.raises(ValueError, match="twice"):
        register_check("twice", lambda merchant_id, limit: [])
