"""The nightly proof: slice by slice, on from where it stood, an error at the first difference."""

from __future__ import annotations

import pytest

from foundation.audit.operations.seal_rows import seal_rows
from foundation.tenancy.models import Merchant
from ledger.models import BooksProof
from ledger.operations.check_books import check_books
from ledger.queries.verify import SEALS, BooksDiffer, verify_books
from tests.factories.owner import past_the_triggers
from tests.ledger.books import captured, post, reverse, roll_all, wait_for_older_transactions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def books(merchant: Merchant) -> Merchant:
    for number in range(5):
        post(merchant_id=merchant.id, reference=f"capture:{number}", lines=captured(100))
    return merchant


def calls_of_a_round(**said: int) -> int:
    """Calls without time for a second slice, until the round has ended."""
    for calls in range(1, 100):
        if check_books(seconds=0, **said):
            return calls
    raise AssertionError("The round does not end.")


def test_a_round_over_whole_books_ends_and_says_when(books: Merchant) -> None:
    assert check_books() is True

    proof = BooksProof.objects.get()
    assert (proof.step, proof.position, proof.entries) == ("", "", 5)
    assert proof.round_ended_at is not None


def test_a_round_of_many_slices_goes_on_where_it_stood(books: Merchant) -> None:
    whole = calls_of_a_round()
    BooksProof.objects.update(journal_after=None, entries=0)

    sliced = calls_of_a_round(entries_per_slice=2)

    assert BooksProof.objects.get().entries == 5
    assert sliced == whole + 2


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("UPDATE ledger_posting SET amount_minor = 99 WHERE amount_minor = 100", "entries_are_whole"),
        ("UPDATE ledger_posting SET currency = 'eur'", "entries_are_whole"),
        ("UPDATE ledger_balancesnapshot SET debits = debits + 1", "balances_equal_replay"),
    ],
)
def test_the_first_difference_stops_the_round_until_it_is_gone(
    books: Merchant, damage: str, check: str
) -> None:
    roll_all()
    past_the_triggers(damage)

    for _ in range(2):
        with pytest.raises(BooksDiffer, match=check):
            check_books()

    assert BooksProof.objects.filter(round_ended_at__isnull=False).count() == 0


def test_a_reversal_that_undoes_something_else_is_found(books: Merchant) -> None:
    wrong = post(merchant_id=books.id, reference="capture:wrong", lines=captured(7))
    undone = reverse(merchant_id=books.id, entry_id=wrong.id, reference="undo")
    past_the_triggers(
        "UPDATE ledger_posting SET amount_minor = 8 * sign(amount_minor) WHERE entry_id = %s", [undone.id]
    )

    with pytest.raises(BooksDiffer, match="reversals_undo_their_entries"):
        check_books()


def test_a_later_round_proves_what_came_since_and_a_day_before(books: Merchant) -> None:
    check_books()
    past_the_triggers("UPDATE ledger_posting SET amount_minor = 99 WHERE amount_minor = 100")

    with pytest.raises(BooksDiffer, match="entries_are_whole"):
        check_books()


def test_verify_books_checks_the_seals_too(books: Merchant) -> None:
    wait_for_older_transactions()
    while seal_rows():
        pass
    assert verify_books(only=[SEALS]).is_whole

    past_the_triggers(
        "UPDATE ledger_journalentry SET description = 'Something else' WHERE reference = 'capture:3'"
    )

    (difference,) = verify_books(books.id, only=[SEALS]).differences
    assert difference.check == SEALS
    assert difference.found.startswith("row_changed")
    assert difference.subject.startswith("ledger_journalentry")
