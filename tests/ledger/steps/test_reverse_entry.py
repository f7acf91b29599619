"""reverse_entry: the opposite of an entry, once."""

from __future__ import annotations

import pytest

from foundation.errors import ResourceMissing
from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from ledger.errors import EntryAlreadyReversed, EntryBelongsToHold, LedgerReferenceReused
from ledger.models import JournalEntry
from ledger.queries.balances import get_balance
from ledger.queries.entries import get_entry
from tests.ledger.books import CLEARING, SALES, captured, hold, post, reverse, usd

pytestmark = pytest.mark.django_db


def test_a_reversal_undoes_the_entry_and_names_it(merchant: Merchant) -> None:
    source_id = new_id()
    original = post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000), source_id=source_id)

    reversal = reverse(merchant_id=merchant.id, entry_id=original.id, reference="undo:1")

    entry = get_entry(merchant.id, reversal.id)
    assert [(line.path, line.amount) for line in entry.lines] == [(CLEARING, usd(-1000)), (SALES, usd(1000))]
    assert (entry.reverses_id, entry.source_id, entry.kind) == (original.id, source_id, "reversal")
    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(0)
    assert get_balance(merchant.id, CLEARING, "usd").debits_minor == 1000


def test_reversing_again_by_the_same_reference_changes_nothing(merchant: Merchant) -> None:
    original = post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    first = reverse(merchant_id=merchant.id, entry_id=original.id, reference="undo:1")

    again = reverse(merchant_id=merchant.id, entry_id=original.id, reference="undo:1")

    assert (again.id, again.is_new) == (first.id, False)
    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(0)


def test_an_entry_is_reversed_once_whatever_the_reference(merchant: Merchant) -> None:
    original = post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    reverse(merchant_id=merchant.id, entry_id=original.id, reference="undo:1")

    with pytest.raises(EntryAlreadyReversed):
        reverse(merchant_id=merchant.id, entry_id=original.id, reference="undo:2")

    assert JournalEntry.across_merchants.count() == 2


def test_the_reference_of_another_entrys_reversal_is_refused(merchant: Merchant) -> None:
    first = post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    second = post(merchant_id=merchant.id, reference="capture:2", lines=captured(1000))
    reverse(merchant_id=merchant.id, entry_id=first.id, reference="undo")

    with pytest.raises(LedgerReferenceReused):
        reverse(merchant_id=merchant.id, entry_id=second.id, reference="undo")

    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(1000)


def test_another_merchants_entry_is_as_absent_as_none(merchant: Merchant, other_merchant: Merchant) -> None:
    theirs = post(merchant_id=other_merchant.id, reference="capture:1", lines=captured(1000))

    for entry_id in (theirs.id, new_id()):
        with pytest.raises(ResourceMissing):
            reverse(merchant_id=merchant.id, entry_id=entry_id, reference="undo:1")

    assert JournalEntry.across_merchants.count() == 1


def test_an_entry_of_a_hold_is_not_reversed(merchant: Merchant) -> None:
    hold(merchant_id=merchant.id, reference="auth:1", amount_minor=1000)
    opened = JournalEntry.objects.for_merchant(merchant.id).get()

    with pytest.raises(EntryBelongsToHold):
        reverse(merchant_id=merchant.id, entry_id=opened.id, reference="undo:1")

    assert JournalEntry.across_merchants.count() == 1
