"""No sequence of statements commits an entry that is not whole, whoever sends them: the application or the owner."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from ledger.models import JournalEntry, Posting
from ledger.queries.balances import get_balance
from tests.ledger.books import CLEARING, NOON, SALES, captured, post

pytestmark = pytest.mark.django_db

APPLICATION = "payments_app"
ENTRY = """
INSERT INTO ledger_journalentry (id, merchant_id, kind, reference, effective_at, recorded_at, line_count, source_kind,
    external_reference, description, trace_id, request_id, actor, content_hash)
VALUES (%(entry)s, %(merchant)s, 'forged', %(entry)s::text, %(at)s, %(at)s, %(lines)s, '', '', '', '', '', '', '')
"""
POSTINGS = """
INSERT INTO ledger_posting (merchant_id, entry_id, line, account_id, amount_minor, currency)
SELECT %(merchant)s, %(entry)s, n, CASE n %% 2 WHEN 1 THEN %(clearing)s::uuid ELSE %(sales)s END, amount, 'usd'
FROM unnest(%(amounts)s::bigint[]) WITH ORDINALITY AS a (amount, n)
"""


class Forger:
    """Writes the tables by hand, in a role of PostgreSQL."""

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant
        accounts = {path: get_balance(merchant.id, path, "usd").account_id for path in (CLEARING, SALES)}
        self.named = {
            "merchant": merchant.id,
            "clearing": accounts[CLEARING],
            "sales": accounts[SALES],
            "at": NOON,
        }
        self.entries = JournalEntry.across_merchants.count()

    def run(self, sql: str, **named: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, {**self.named, **named})

    def entry(self, lines: int = 2) -> UUID:
        entry_id = new_id()
        self.run(ENTRY, entry=entry_id, lines=lines)
        return entry_id

    def postings(self, entry_id: UUID, *amounts: int) -> None:
        self.run(POSTINGS, entry=entry_id, amounts=list(amounts))

    def line(self, entry_id: UUID, number: int, amount: int) -> None:
        self.run(
            "INSERT INTO ledger_posting (merchant_id, entry_id, line, account_id, amount_minor, currency)"
            " VALUES (%(merchant)s, %(entry)s, %(line)s, %(clearing)s, %(amount)s, 'usd')",
            entry=entry_id,
            line=number,
            amount=amount,
        )

    def at_once(self, *amounts: int, lines: int = 2) -> UUID:
        """Entry and postings in one statement, as posting does it."""
        entry_id = new_id()
        self.run(
            f"WITH entry AS ({ENTRY} RETURNING id) {POSTINGS}, entry",
            entry=entry_id,
            lines=lines,
            amounts=list(amounts),
        )
        return entry_id

    def copy(self, *amounts: int) -> None:
        entry_id = new_id()
        columns = "id, merchant_id, kind, reference, effective_at, recorded_at, line_count, source_kind,"
        columns += " external_reference, description, trace_id, request_id, actor, content_hash"
        with connection.cursor() as cursor:
            with cursor.copy(f"COPY ledger_journalentry ({columns}) FROM STDIN") as rows:
                texts = ["forged", str(entry_id), NOON, NOON, 2, *[""] * 6, b""]
                rows.write_row([entry_id, self.merchant.id, *texts])
            with cursor.copy(
                "COPY ledger_posting (merchant_id, entry_id, line, account_id, amount_minor, currency) FROM STDIN"
            ) as rows:
                for number, amount in enumerate(amounts, start=1):
                    rows.write_row(
                        [self.merchant.id, entry_id, number, self.named["clearing"], amount, "usd"]
                    )


def as_role(role: str) -> None:
    """Until the transaction ends. Where the application has no role in this database yet, one with its rights."""
    with connection.cursor() as cursor:
        if role == "owner":
            cursor.execute("SET LOCAL ROLE NONE")
            return
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_roles"
            " WHERE rolname = %s AND has_table_privilege(oid, 'ledger_posting', 'INSERT'))",
            [APPLICATION],
        )
        name = APPLICATION
        if cursor.fetchone() == (False,):
            name = f"app_{new_id().hex}"
            cursor.execute(
                f"CREATE ROLE {name}; GRANT USAGE ON SCHEMA public TO {name};"
                f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {name};"
                f"GRANT DELETE ON ledger_unfinishedentry TO {name};"
                f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}"
            )
        cursor.execute(f"SET LOCAL ROLE {name}")


@pytest.fixture(params=["owner", "application"])
def forger(request: pytest.FixtureRequest, merchant: Merchant) -> Forger:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    post(merchant_id=merchant.id, reference="capture:2", lines=captured(1000, "eur"))
    connection.check_constraints()
    forger = Forger(merchant)
    as_role(request.param)
    return forger


def in_two_currencies(forger: Forger) -> None:
    entry_id = forger.entry()
    forger.line(entry_id, 1, 500)
    forger.run(
        "INSERT INTO ledger_posting (merchant_id, entry_id, line, account_id, amount_minor, currency)"
        " SELECT merchant_id, %(entry)s, 2, id, -500, 'eur' FROM ledger_ledgeraccount"
        " WHERE merchant_id = %(merchant)s AND currency = 'eur' AND path = 'income/sales'",
        entry=entry_id,
    )


def with_its_mark_removed(forger: Forger) -> None:
    forger.entry()
    forger.run("DELETE FROM ledger_unfinishedentry")


def with_postings_taken_back(forger: Forger) -> None:
    """Whole when it is looked at, and no longer when the savepoint is gone."""
    entry_id = forger.entry()
    point = transaction.savepoint()
    forger.postings(entry_id, 500, -500)
    connection.check_constraints()
    transaction.savepoint_rollback(point)


def of_another_transaction(forger: Forger) -> None:
    forger.run(
        ENTRY.replace("content_hash)", "content_hash, xid)").replace("'', '')", "'', '', '3'::xid8)"),
        entry=new_id(),
        lines=2,
    )


def among_whole_ones(forger: Forger) -> None:
    forger.at_once(500, -500)
    forger.at_once(500, -499)
    forger.at_once(500, -500)


NOT_WHOLE: dict[str, Callable[[Forger], object]] = {
    "an entry alone": lambda forger: forger.entry(),
    "postings that do not balance": lambda forger: forger.postings(forger.entry(), 500, -499),
    "postings one by one": lambda forger: [
        forger.line(entry_id, n, 500) for entry_id in [forger.entry()] for n in (1, 2)
    ],
    "in one statement": lambda forger: forger.at_once(500, -499),
    "fewer lines than declared": lambda forger: forger.at_once(500, -500, lines=4),
    "more lines than declared": lambda forger: forger.at_once(500, -400, -100),
    "a third line afterwards": lambda forger: forger.line(forger.at_once(500, -500), 3, 500),
    "the same line again": lambda forger: forger.line(forger.at_once(500, -500), 2, 500),
    "by COPY": lambda forger: forger.copy(500, -499),
    "in two currencies": in_two_currencies,
    "among whole ones": among_whole_ones,
    "with its mark removed": with_its_mark_removed,
    "with postings taken back": with_postings_taken_back,
    "of another transaction": of_another_transaction,
}


@pytest.mark.parametrize("way", NOT_WHOLE)
def test_an_entry_that_is_not_whole_is_refused(forger: Forger, way: str) -> None:
    with (
        pytest.raises(IntegrityError, match=r"not whole|does not fit|posting_line_once"),
        transaction.atomic(),
    ):
        NOT_WHOLE[way](forger)
        connection.check_constraints()

    assert JournalEntry.across_merchants.count() == forger.entries
    assert Posting.across_merchants.count() == 4


WHOLE: dict[str, Callable[[Forger], object]] = {
    "in one statement": lambda forger: forger.at_once(500, -500),
    "in two statements": lambda forger: forger.postings(forger.entry(), 500, -500),
    "line by line": lambda forger: [
        forger.line(entry_id, n, amount)
        for entry_id in [forger.entry(3)]
        for n, amount in ((3, -100), (1, 500), (2, -400))
    ],
    "by COPY": lambda forger: forger.copy(500, -500),
}


@pytest.mark.parametrize("way", WHOLE)
def test_an_entry_may_become_whole_statement_by_statement(forger: Forger, way: str) -> None:
    with transaction.atomic():
        WHOLE[way](forger)
        connection.check_constraints()

    assert JournalEntry.across_merchants.count() == forger.entries + 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_unfinishedentry")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("forger", ["application"], indirect=True)
def test_an_unbalanced_pair_of_currencies_is_told_by_name(forger: Forger) -> None:
    with pytest.raises(IntegrityError, match="out of balance in usd"), transaction.atomic():
        forger.postings(forger.entry(), 500, -499)
        connection.check_constraints()

    assert Posting.across_merchants.count() == 4
