"""verify_books on what finance does: damage done past the triggers to reversals, rates, adjustments and periods."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from foundation.context import acting
from foundation.ids import new_id
from foundation.money import Money
from foundation.tenancy.models import Merchant
from ledger.models import AccountingPeriod, JournalEntry, PeriodBalance
from ledger.operations.approve_adjustment import approve_adjustment
from ledger.operations.check_books import check_books
from ledger.operations.request_adjustment import request_adjustment
from ledger.queries.verify import BooksDiffer
from ledger.steps import Conversion, Line
from tests.ledger.books import (
    CLEARING,
    NOON,
    SALES,
    captured,
    captured_on,
    closed,
    exchange,
    own_checks,
    post,
    reverse,
    usd,
)
from tests.ledger.queries.test_verify import tamper

pytestmark = pytest.mark.django_db(transaction=True)

SEPTEMBER = datetime(2024, 9, 15, tzinfo=UTC)
OCTOBER = datetime(2024, 10, 1, tzinfo=UTC)


@pytest.fixture
def books(merchant: Merchant) -> Merchant:
    """A reversed capture, an exchange, an adjustment and a closed September."""
    captured_on(SEPTEMBER, "capture:1", 1000, merchant.id)
    second = post(merchant_id=merchant.id, reference="capture:2", lines=captured(250))
    reverse(merchant_id=merchant.id, entry_id=second.id, reference="undo:2")
    sold, bought = Money(100, "eur"), usd(108)
    exchange(
        merchant_id=merchant.id,
        reference="fx:1",
        lines=[Line(CLEARING, -sold), Line(CLEARING, bought)],
        conversions=[Conversion(sold, bought, Decimal("1.08"), "stripe", NOON)],
    )
    lines = [Line(CLEARING, usd(5)), Line(SALES, usd(-5))]
    with acting(actor="staff:ada"):
        asked = request_adjustment(
            merchant_id=merchant.id, adjustment_id=new_id(), lines=lines, effective_at=NOON, reason="Found"
        )
    with acting(actor="staff:bob"):
        approve_adjustment(
            merchant_id=merchant.id, adjustment_id=asked.id, parameters_hash=asked.parameters_hash
        )
    closed(merchant.id, OCTOBER)
    return merchant


def found(merchant: Merchant) -> list[tuple[str, str, str]]:
    return [(d.check, d.expected, d.found) for d in own_checks(merchant.id).differences]


def entry_of(reference: str) -> JournalEntry:
    return JournalEntry.across_merchants.get(reference=reference)


def test_books_with_everything_in_them_are_whole(books: Merchant) -> None:
    assert found(books) == []


def test_a_reversal_of_another_amount_is_found(books: Merchant) -> None:
    undo = entry_of("undo:2")
    tamper("UPDATE ledger_posting SET amount_minor = amount_minor * 2 WHERE entry_id = %s", [undo.id])

    assert [(check, expected) for check, expected, _ in found(books)] == [
        ("reversals_undo_their_entries", f"the opposite of entry {undo.reverses_id}")
    ]


def test_a_changed_exchange_is_found(books: Merchant) -> None:
    tamper("UPDATE ledger_exchange SET bought_minor = 109")

    assert found(books) == [("fx_accounts_equal_exchanges", "-109 by its exchanges", "-108 posted")]


def test_a_removed_exchange_is_found_in_both_currencies(books: Merchant) -> None:
    tamper("DELETE FROM ledger_exchange")

    assert found(books) == [
        ("fx_accounts_equal_exchanges", "0 by its exchanges", "100 posted"),
        ("fx_accounts_equal_exchanges", "0 by its exchanges", "-108 posted"),
    ]


def test_an_adjustment_that_was_not_what_was_approved_is_found(books: Merchant) -> None:
    tamper("UPDATE ledger_manualadjustment SET lines = jsonb_set(lines, '{0,amount_minor}', '6')")

    assert found(books) == [("adjustments_are_posted_as_approved", "6 approved", "5 posted")]


def test_an_adjustment_that_nobody_approved_is_found(books: Merchant) -> None:
    lines = [Line(CLEARING, usd(7)), Line(SALES, usd(-7))]
    post(merchant_id=books.id, reference="mine", lines=lines, kind="manual_adjustment")

    assert found(books) == [
        ("adjustments_are_posted_as_approved", "0 approved", "7 posted"),
        ("adjustments_are_posted_as_approved", "0 approved", "-7 posted"),
    ]


def test_an_entry_dated_back_into_a_closed_period_is_found(books: Merchant) -> None:
    tamper("UPDATE ledger_journalentry SET effective_at = %s WHERE reference = 'undo:2'", [SEPTEMBER])

    assert sorted(found(books)) == [
        ("closed_periods_stand", "debits 1000, credits 250", "debits 1000, credits 0"),
        ("closed_periods_stand", "debits 250, credits 1000", "debits 0, credits 1000"),
    ]


def test_a_changed_balance_of_a_period_is_found(books: Merchant) -> None:
    row = PeriodBalance.objects.get(account__path=CLEARING)
    tamper("UPDATE ledger_periodbalance SET debits = 999 WHERE id = %s", [row.id])

    assert found(books) == [("closed_periods_stand", "debits 1000, credits 0", "debits 999, credits 0")]


def test_a_gap_between_periods_is_found(books: Merchant) -> None:
    closed(books.id, datetime(2024, 11, 1, tzinfo=UTC))
    first = AccountingPeriod.across_merchants.order_by("id").first()
    assert first is not None
    tamper("DELETE FROM ledger_periodbalance WHERE period_id = %s", [first.id])
    tamper("DELETE FROM ledger_accountingperiod WHERE id = %s", [first.id])

    assert "begins at the beginning" in {expected for _, expected, _ in found(books)}


def test_the_nightly_proof_dies_of_the_first_difference(books: Merchant) -> None:
    check_books()
    tamper("UPDATE ledger_exchange SET bought_minor = 109")

    with pytest.raises(BooksDiffer, match="fx_accounts_equal_exchanges"):
        check_books()
