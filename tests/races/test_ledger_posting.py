"""Two at once at the ledger: threads with their own connections and real commits."""

from __future__ import annotations

from functools import partial
from threading import Event

import pytest

from foundation.tenancy.models import Merchant
from ledger.errors import AccountBelowZero, EntryAlreadyReversed, HoldExceeded, LedgerReferenceReused
from ledger.models import Hold, JournalEntry, LedgerAccount, Posting
from ledger.operations.roll_snapshots import roll_snapshots
from ledger.queries.balances import get_balance
from ledger.steps import Line
from tests.ledger.books import (
    CLEARING,
    SALES,
    captured,
    entry,
    hold,
    open_account,
    own_checks,
    post,
    post_all,
    reverse,
    settle,
    usd,
)
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)

WALLET = "liabilities/wallet"
THREADS = 8


@pytest.fixture
def merchant(transactional_db: None) -> Merchant:
    return Merchant.objects.create(name="Tea shop", default_currency="usd")


@pytest.mark.parametrize("attempt", range(3))
def test_the_same_reference_at_once_is_one_entry(merchant: Merchant, attempt: int) -> None:
    one = partial(post, merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    posted = together([one] * THREADS)

    assert len({p.id for p in posted}) == 1
    assert sorted(p.is_new for p in posted) == [False] * (THREADS - 1) + [True]
    assert (JournalEntry.across_merchants.count(), Posting.across_merchants.count()) == (1, 2)
    assert LedgerAccount.across_merchants.count() == 2
    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(1000)


def test_the_same_reference_with_other_lines_at_once_is_one_entry_and_refusals(merchant: Merchant) -> None:
    posted = together(
        [
            partial(post, merchant_id=merchant.id, reference="capture:1", lines=captured(1000 + n))
            for n in range(THREADS)
        ]
    )

    refused = [answer for answer in posted if isinstance(answer, LedgerReferenceReused)]
    assert len(refused) == THREADS - 1
    assert Posting.across_merchants.count() == 2


def test_batches_that_overlap_at_once_post_every_entry_once(merchant: Merchant) -> None:
    forwards = [entry(f"capture:{n}", captured(n + 1)) for n in range(300)]

    posted = together(
        [
            partial(post_all, merchant_id=merchant.id, entries=batch)
            for batch in (forwards, forwards[::-1]) * 2
        ]
    )

    assert [len(batch) for batch in posted] == [300] * 4
    assert sum(one.is_new for batch in posted for one in batch) == 300
    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(300 * 301 // 2)


def test_a_guarded_account_never_goes_below_zero(merchant: Merchant) -> None:
    open_account(merchant_id=merchant.id, path=WALLET, never_negative=True)
    post(merchant_id=merchant.id, reference="grant", lines=[Line(SALES, usd(100)), Line(WALLET, usd(-100))])

    def spend(thread: int) -> int:
        spent = 0
        for n in range(5):
            lines = [Line(WALLET, usd(7)), Line(SALES, usd(-7))]
            try:
                post(merchant_id=merchant.id, reference=f"use:{thread}:{n}", lines=lines)
            except AccountBelowZero:
                continue
            spent += 7
        return spent

    spent = together([partial(spend, thread) for thread in range(THREADS)])

    assert sum(spent) == 98
    assert get_balance(merchant.id, WALLET, "usd").balance == usd(2)
    assert own_checks(merchant.id).differences == []


def test_a_hot_account_loses_nothing_while_snapshots_are_rolled(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="first", lines=captured(1))
    done = Event()

    def capture(thread: int) -> None:
        for n in range(40):
            post(merchant_id=merchant.id, reference=f"capture:{thread}:{n}", lines=captured(10))

    def read_and_roll() -> list[int]:
        seen = []
        while not done.wait(0.01):
            roll_snapshots(min_postings=1)
            seen.append(get_balance(merchant.id, CLEARING, "usd").debits_minor)
        return seen

    def capture_all() -> None:
        try:
            refused = [r for r in together([partial(capture, t) for t in range(4)]) if r is not None]
            assert refused == []
        finally:
            done.set()

    _, seen, _ = together([capture_all, read_and_roll, read_and_roll])

    assert isinstance(seen, list)
    assert seen == sorted(seen)
    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(1601)
    assert JournalEntry.across_merchants.count() == 161
    assert own_checks(merchant.id).differences == []


def test_two_reversals_at_once_reverse_once(merchant: Merchant) -> None:
    original = post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    answers = together(
        [
            partial(reverse, merchant_id=merchant.id, entry_id=original.id, reference=f"undo:{n}")
            for n in range(4)
        ]
    )

    assert [type(answer) for answer in answers].count(EntryAlreadyReversed) == 3
    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(0)


def test_two_openings_of_a_hold_at_once_hold_once(merchant: Merchant) -> None:
    held = together([partial(hold, merchant_id=merchant.id, reference="auth:1", amount_minor=1000)] * 4)

    assert len({one.id for one in held}) == 1
    assert get_balance(merchant.id, "memo/authorized", "usd").balance == usd(1000)


def test_settlements_at_once_never_exceed_the_hold(merchant: Merchant) -> None:
    hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000)

    answers = together(
        [
            partial(
                settle,
                merchant_id=merchant.id,
                hold_reference="auth:1",
                reference=f"capture:{n}",
                amount_minor=300,
                is_final=False,
            )
            for n in range(6)
        ]
    )

    assert [type(answer) for answer in answers].count(HoldExceeded) == 3
    kept = Hold.across_merchants.get()
    assert (kept.posted_minor, kept.remaining_minor, kept.status) == (900, 100, "pending")
    assert own_checks(merchant.id).differences == []
