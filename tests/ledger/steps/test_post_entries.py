"""post_entries: as post_entry for each, one statement per thousand."""

from __future__ import annotations

import pytest

from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from ledger.errors import AccountBelowZero, EntryMalformed, LedgerReferenceReused
from ledger.models import JournalEntry, Posting
from ledger.queries.balances import get_balance
from ledger.queries.entries import get_entry
from ledger.steps import Line, NewEntry
from tests.ledger.books import CLEARING, NOON, SALES, captured, entry, open_account, post, post_all, usd

pytestmark = pytest.mark.django_db


def test_entries_of_several_batches_are_posted_in_order(merchant: Merchant) -> None:
    posted = post_all(
        merchant_id=merchant.id, entries=[entry(f"capture:{n}", captured(n)) for n in range(1, 2502)]
    )

    assert all(one.is_new for one in posted)
    assert len({one.id for one in posted}) == 2501
    assert get_entry(merchant.id, posted[2499].id).reference == "capture:2500"
    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(2501 * 2502 // 2)
    assert Posting.across_merchants.count() == 2 * 2501


def test_an_entry_keeps_everything_it_was_posted_with(merchant: Merchant) -> None:
    source_id = new_id()
    lines = [Line(CLEARING, usd(970)), Line("expenses/psp_fees", usd(30)), Line(SALES, usd(-1000))]
    told = NewEntry(
        kind="settlement",
        reference="line:1",
        lines=lines,
        effective_at=NOON,
        source_kind="settlement_line",
        source_id=source_id,
        external_reference="txn_1",
        description='Quoted "words", {braces}, back\\slash and ünïcode',
    )

    posted = post_all(merchant_id=merchant.id, entries=[entry("capture:1", captured(5)), told])

    kept = get_entry(merchant.id, posted[1].id)
    assert [(line.path, line.amount) for line in kept.lines] == [(line.path, line.amount) for line in lines]
    assert (kept.kind, kept.reference, kept.effective_at) == (told.kind, told.reference, told.effective_at)
    assert (kept.source_kind, kept.source_id) == ("settlement_line", source_id)
    assert (kept.external_reference, kept.description) == (told.external_reference, told.description)


def test_references_posted_before_answer_their_first_entry(merchant: Merchant) -> None:
    single = post(merchant_id=merchant.id, reference="capture:2", lines=captured(2))
    batch = [entry(f"capture:{n}", captured(n)) for n in (1, 2, 3)]
    first = post_all(merchant_id=merchant.id, entries=batch)

    again = post_all(merchant_id=merchant.id, entries=batch)

    assert [one.is_new for one in first] == [True, False, True]
    assert first[1].id == single.id
    assert [(one.id, one.is_new) for one in again] == [(one.id, False) for one in first]
    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(6)


def test_a_reference_twice_in_a_batch_is_posted_once(merchant: Merchant) -> None:
    posted = post_all(merchant_id=merchant.id, entries=[entry("capture:1", captured(7))] * 2)

    assert [one.is_new for one in posted] == [True, False]
    assert posted[0].id == posted[1].id
    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(7)


def test_one_reused_reference_refuses_the_whole_batch(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:2", lines=captured(2))

    with pytest.raises(LedgerReferenceReused):
        post_all(
            merchant_id=merchant.id,
            entries=[entry("capture:1", captured(1)), entry("capture:2", captured(3))],
        )

    assert JournalEntry.across_merchants.count() == 1


def test_one_malformed_entry_refuses_the_whole_batch(merchant: Merchant) -> None:
    with pytest.raises(EntryMalformed):
        post_all(
            merchant_id=merchant.id,
            entries=[entry("capture:1", captured(1)), entry("capture:2", captured(3)[:1])],
        )

    assert JournalEntry.across_merchants.count() == 0


def test_a_batch_that_takes_a_guarded_account_below_zero_is_refused(merchant: Merchant) -> None:
    open_account(merchant_id=merchant.id, path=CLEARING, never_negative=True)

    with pytest.raises(AccountBelowZero):
        post_all(
            merchant_id=merchant.id,
            entries=[entry("capture:1", captured(10)), entry("refund:1", captured(-11))],
        )

    assert JournalEntry.across_merchants.count() == 0


def test_no_entries_are_no_work(merchant: Merchant) -> None:
    assert post_all(merchant_id=merchant.id, entries=[]) == []
