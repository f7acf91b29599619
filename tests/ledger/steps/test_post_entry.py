"""post_entry: one balanced entry, once by its reference."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation.context import acting
from foundation.ids import new_id
from foundation.money import Money
from foundation.tenancy.models import Merchant
from foundation.transactions import TransactionRuleBroken
from ledger import steps
from ledger.errors import AccountBelowZero, AccountPathInvalid, EntryMalformed, LedgerReferenceReused
from ledger.models import JournalEntry, LedgerAccount, Posting
from ledger.queries.balances import get_balance
from ledger.queries.entries import get_entry
from ledger.steps import Line
from tests.ledger.books import CLEARING, NOON, SALES, captured, open_account, post, usd

pytestmark = pytest.mark.django_db


def test_an_entry_moves_both_accounts_and_tells_where_it_came_from(merchant: Merchant) -> None:
    source_id = new_id()

    with acting(actor="staff:ada", request_id="req_1", trace_id="a" * 32):
        posted = post(
            merchant_id=merchant.id,
            reference="capture:1",
            lines=captured(1250),
            source_id=source_id,
            external_reference="psp_1/ch_9",
            description="Order 7",
        )

    entry = get_entry(merchant.id, posted.id)
    assert posted.is_new
    assert [(line.path, line.amount) for line in entry.lines] == [(CLEARING, usd(1250)), (SALES, usd(-1250))]
    assert (entry.kind, entry.reference, entry.effective_at) == ("capture", "capture:1", NOON)
    assert (entry.source_kind, entry.source_id) == ("payment_intent", source_id)
    assert (entry.external_reference, entry.description) == ("psp_1/ch_9", "Order 7")
    assert (entry.actor, entry.request_id, entry.trace_id) == ("staff:ada", "req_1", "a" * 32)
    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(1250)
    assert get_balance(merchant.id, SALES, "usd").balance == usd(1250)


def test_accounts_open_with_their_first_posting_and_only_then(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    post(merchant_id=merchant.id, reference="capture:2", lines=captured(1000))
    post(merchant_id=merchant.id, reference="capture:3", lines=captured(1000, "eur"))

    accounts = LedgerAccount.objects.for_merchant(merchant.id).order_by("path", "currency")
    assert [(a.path, a.currency, a.type, a.normal_side) for a in accounts] == [
        (CLEARING, "eur", "asset", "debit"),
        (CLEARING, "usd", "asset", "debit"),
        (SALES, "eur", "income", "credit"),
        (SALES, "usd", "income", "credit"),
    ]


def test_posting_is_one_round_trip_when_the_accounts_are_open(
    merchant: Merchant, django_assert_num_queries: object
) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    with django_assert_num_queries(4) as queries:  # type: ignore[operator]
        post(merchant_id=merchant.id, reference="capture:2", lines=captured(1000))

    # The transaction's own: SAVEPOINT, the context for the audit triggers, RELEASE.
    assert [q["sql"].split("(")[0] for q in queries.captured_queries if "ledger" in q["sql"]] == [
        "SELECT entry_id, is_new FROM ledger_post_entry"
    ]


def test_the_same_reference_and_lines_answer_the_first_entry(merchant: Merchant) -> None:
    first = post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    again = post(
        merchant_id=merchant.id,
        reference="capture:1",
        lines=list(reversed(captured(1000))),
        effective_at=NOON + timedelta(hours=1),
    )

    assert (again.id, again.is_new) == (first.id, False)
    assert JournalEntry.across_merchants.count() == 1
    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(1000)


@pytest.mark.parametrize(
    "lines",
    [captured(1001), captured(1000, "eur"), [Line(CLEARING, usd(1000)), Line("income/tips", usd(-1000))]],
    ids=["amount", "currency", "account"],
)
def test_the_same_reference_with_other_lines_is_refused_and_nothing_moves(
    merchant: Merchant, lines: list[Line]
) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    accounts = LedgerAccount.across_merchants.count()

    with pytest.raises(LedgerReferenceReused) as refusal:
        post(merchant_id=merchant.id, reference="capture:1", lines=lines)

    assert refusal.value.code == "ledger_reference_reused"
    assert Posting.across_merchants.count() == 2
    assert LedgerAccount.across_merchants.count() == accounts


def test_the_same_reference_of_another_kind_is_refused(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    with pytest.raises(LedgerReferenceReused):
        post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000), kind="fee")

    assert Posting.across_merchants.count() == 2


def test_two_merchants_use_the_same_reference_and_see_their_own_balance(
    merchant: Merchant, other_merchant: Merchant
) -> None:
    mine = post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    theirs = post(merchant_id=other_merchant.id, reference="capture:1", lines=captured(70))

    assert mine.id != theirs.id
    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(1000)
    assert get_balance(other_merchant.id, CLEARING, "usd").balance == usd(70)


def test_an_entry_of_several_currencies_sums_to_zero_in_each(merchant: Merchant) -> None:
    lines = [
        Line(CLEARING, usd(1000)),
        Line("equity/fx", usd(-1000)),
        Line("equity/fx", Money(920, "eur")),
        Line(SALES, Money(-920, "eur")),
    ]

    post(merchant_id=merchant.id, reference="capture:1", lines=lines)

    assert get_balance(merchant.id, SALES, "eur").balance == Money(920, "eur")
    assert get_balance(merchant.id, "equity/fx", "usd").balance == usd(1000)
    assert get_balance(merchant.id, "equity/fx", "eur").balance == Money(-920, "eur")


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [Line(CLEARING, usd(1000))],
        [Line(CLEARING, usd(1000)), Line(SALES, usd(-999))],
        [Line(CLEARING, usd(1000)), Line(SALES, Money(-1000, "eur"))],
        [Line(CLEARING, usd(0)), Line(SALES, usd(0))],
    ],
    ids=["no lines", "one line", "out of balance", "across currencies", "zero lines"],
)
def test_an_entry_that_is_not_whole_is_refused_and_leaves_no_trace(
    merchant: Merchant, lines: list[Line]
) -> None:
    with pytest.raises(EntryMalformed):
        post(merchant_id=merchant.id, reference="capture:1", lines=lines)

    assert JournalEntry.across_merchants.count() == 0
    assert LedgerAccount.across_merchants.count() == 0


def test_an_unknown_kind_of_account_is_refused_and_leaves_no_trace(merchant: Merchant) -> None:
    with pytest.raises(AccountPathInvalid):
        post(
            merchant_id=merchant.id,
            reference="capture:1",
            lines=[Line(CLEARING, usd(5)), Line("profits/x", usd(-5))],
        )

    assert JournalEntry.across_merchants.count() == 0
    assert LedgerAccount.across_merchants.count() == 0


def test_a_guarded_account_goes_down_to_zero_and_not_below(merchant: Merchant) -> None:
    wallet = "liabilities/customer_balance/cus_1"
    open_account(merchant_id=merchant.id, path=wallet, never_negative=True)
    post(
        merchant_id=merchant.id,
        reference="grant:1",
        lines=[Line("income/credits", usd(500)), Line(wallet, usd(-500))],
    )
    post(merchant_id=merchant.id, reference="use:1", lines=[Line(wallet, usd(500)), Line(SALES, usd(-500))])

    with pytest.raises(AccountBelowZero):
        post(merchant_id=merchant.id, reference="use:2", lines=[Line(wallet, usd(1)), Line(SALES, usd(-1))])

    assert get_balance(merchant.id, wallet, "usd").balance == usd(0)
    assert JournalEntry.across_merchants.count() == 2


def test_posting_demands_an_open_transaction(merchant: Merchant) -> None:
    with pytest.raises(TransactionRuleBroken):
        steps.post_entry(
            merchant_id=merchant.id,
            kind="capture",
            reference="capture:1",
            lines=captured(1000),
            source_kind="payment_intent",
            source_id=None,
            effective_at=NOON,
        )
