"""What PostgreSQL itself refuses, whoever asks: changes of history, entries that are not whole, strays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from ledger.models import JournalEntry, Posting
from ledger.queries.balances import get_balance, get_balances
from tests.factories.owner import as_owner
from tests.ledger.books import CLEARING, NOON, SALES, captured, post

TABLES = ["ledger_journalentry", "ledger_posting"]


@contextmanager
def committed_at_the_end() -> Iterator[None]:
    """A transaction whose deferred checks run at its end, as at a commit."""
    with transaction.atomic():
        yield
        connection.check_constraints()


def run(sql: str, parameters: list[Any] | None = None) -> None:
    """As the owner, whom no missing right stops."""
    with as_owner() as cursor:
        cursor.execute(sql, parameters)


def write_entry(merchant: Merchant, *, line_count: int) -> UUID:
    entry = JournalEntry(
        id=new_id(),
        merchant=merchant,
        kind="forged",
        reference=f"forged:{new_id()}",
        effective_at=NOON,
        recorded_at=NOON,
        line_count=line_count,
        content_hash=b"",
    )
    JournalEntry.across_merchants.bulk_create([entry])
    return entry.id


def write_posting(
    merchant: Merchant, entry_id: UUID, line: int, path: str, amount_minor: int, **other: Any
) -> None:
    account_id = get_balance(merchant.id, path, "usd").account_id
    said = {"account_id": account_id, "currency": "usd", "merchant_id": merchant.id} | other
    Posting.across_merchants.bulk_create(
        [Posting(entry_id=entry_id, line=line, amount_minor=amount_minor, **said)]
    )


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET id = id", "DELETE FROM {}", "DELETE FROM {} WHERE false", "TRUNCATE {} CASCADE"],
)
def test_history_cannot_be_changed(table: str, statement: str, merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    connection.check_constraints()  # Else TRUNCATE is refused for the pending checks, not by us.

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        run(statement.format(table))

    assert get_balance(merchant.id, CLEARING, "usd").balance.amount_minor == 1000


@pytest.mark.django_db
def test_an_account_keeps_its_name_and_is_never_deleted(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    connection.check_constraints()

    for statement in [
        "UPDATE ledger_ledgeraccount SET path = 'assets/bank'",
        "UPDATE ledger_ledgeraccount SET currency = 'eur'",
        "DELETE FROM ledger_ledgeraccount",
        "TRUNCATE ledger_ledgeraccount CASCADE",
    ]:
        with pytest.raises(IntegrityError, match="refused"), transaction.atomic():
            run(statement)

    assert [(b.path, b.currency) for b in get_balances(merchant.id, [CLEARING])] == [(CLEARING, "usd")]


@pytest.mark.django_db(transaction=True)
def test_an_unbalanced_entry_is_refused_at_commit_and_leaves_nothing(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    with pytest.raises(IntegrityError, match="out of balance in usd"), transaction.atomic():
        entry_id = write_entry(merchant, line_count=2)
        write_posting(merchant, entry_id, 1, CLEARING, 500)
        write_posting(merchant, entry_id, 2, SALES, -499)

    assert JournalEntry.across_merchants.count() == 1
    assert Posting.across_merchants.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("amounts", [[], [500], [500, -400, -100]], ids=["none", "one", "three of two"])
def test_an_entry_with_other_than_its_declared_lines_is_refused(
    merchant: Merchant, amounts: list[int]
) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    with pytest.raises(IntegrityError, match=r"not whole|does not fit"), committed_at_the_end():
        entry_id = write_entry(merchant, line_count=2)
        for line, amount_minor in enumerate(amounts, start=1):
            write_posting(merchant, entry_id, line, CLEARING, amount_minor)

    assert JournalEntry.across_merchants.count() == 1


@pytest.mark.django_db
def test_an_entry_of_one_line_cannot_even_be_declared(merchant: Merchant) -> None:
    with pytest.raises(IntegrityError, match="journal_entry_two_lines"), transaction.atomic():
        write_entry(merchant, line_count=1)

    assert JournalEntry.across_merchants.count() == 0


@pytest.mark.django_db(transaction=True)
def test_nothing_can_be_added_to_an_entry_that_was_checked(merchant: Merchant) -> None:
    old = post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    with pytest.raises(IntegrityError, match="does not fit"), transaction.atomic():
        write_posting(merchant, old.id, 3, CLEARING, 1)
    with pytest.raises(IntegrityError, match="posting_line_once"), transaction.atomic():
        write_posting(merchant, old.id, 2, CLEARING, 1)

    assert Posting.across_merchants.count() == 2


@pytest.mark.django_db
def test_forcing_the_check_early_does_not_open_the_entry_again(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    with pytest.raises(IntegrityError, match="does not fit"), transaction.atomic():
        entry_id = write_entry(merchant, line_count=2)
        write_posting(merchant, entry_id, 1, CLEARING, 500)
        write_posting(merchant, entry_id, 2, SALES, -500)
        connection.check_constraints()
        write_posting(merchant, entry_id, 3, CLEARING, 500)

    assert Posting.across_merchants.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("stray", ["account", "merchant", "currency", "xid"])
def test_a_posting_that_does_not_fit_is_refused(
    merchant: Merchant, other_merchant: Merchant, stray: str
) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    post(merchant_id=other_merchant.id, reference="capture:1", lines=captured(1000))
    strays: dict[str, Any] = {
        "account": {"account_id": get_balance(other_merchant.id, CLEARING, "usd").account_id},
        "merchant": {"merchant_id": other_merchant.id},
        "currency": {"currency": "eur"},
        "xid": {"xid": 3},
    }

    with pytest.raises(IntegrityError, match="does not fit"), transaction.atomic():
        entry_id = write_entry(merchant, line_count=2)
        write_posting(merchant, entry_id, 1, CLEARING, 500, **strays[stray])

    assert Posting.across_merchants.count() == 4


@pytest.mark.django_db
def test_a_line_of_zero_is_refused(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    with pytest.raises(IntegrityError, match="posting_moves_something"), transaction.atomic():
        write_posting(merchant, write_entry(merchant, line_count=2), 1, CLEARING, 0)

    assert Posting.across_merchants.count() == 2
