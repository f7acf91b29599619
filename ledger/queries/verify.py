"""Proof that the books are whole: checks that read everything and believe no cached figure.

Floors above add their own with register_check (payments fold to the same figures as the ledger, …): a check
is pushed down here, the ledger asks nobody. The ledger's own checks are set-based SQL in verify_sql.py
(journal, balances, holds) and verify_books_sql.py (reversals, exchanges, adjustments, periods).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from foundation.audit.comparing import Findings
from foundation.audit.reading import find_last_seal, get_signing_key
from foundation.audit.verifying import verify_seals, verify_unsealed
from ledger.queries import verify_books_sql, verify_sql

FIRST_DIFFERENCES = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that should be equal and is not.

    check: the name of the check. subject: what differs, by id. expected: what the entries say. found: what
    stands.
    """

    check: str
    merchant_id: UUID | None
    subject: str
    expected: str
    found: str


class BooksDiffer(RuntimeError):
    """The nightly proof found a difference: nothing repairs itself here, a person looks."""


class CheckUnknown(ValueError):
    """A check was asked for that nobody registered: running none must not look like finding nothing."""


Check = Callable[[UUID | None, int], Iterable[Difference]]
"""A check takes a merchant (None: all) and how many differences are enough, and yields the first ones."""


@dataclass(frozen=True, slots=True)
class Verification:
    """checks: the names run, in order. differences: the first of each; none when the books are whole."""

    checks: list[str]
    entries: int
    postings: int
    differences: list[Difference]

    @property
    def is_whole(self) -> bool:
        return not self.differences


_checks: dict[str, Check] = {}


def register_check(name: str, check: Check) -> None:
    """Add a check to verify_books, from an AppConfig.ready. A name is taken once."""
    if _checks.setdefault(name, check) is not check:
        raise ValueError(f"Two checks of the books are called {name}.")


def verify_books(
    merchant_id: UUID | None = None, *, limit: int = FIRST_DIFFERENCES, only: Collection[str] | None = None
) -> Verification:
    """Run every check over one merchant's books or all. limit: differences reported per check. only: their names.

    Raises CheckUnknown.

    Each check of the ledger is one statement and so sees one instant: it may run while entries are posted.
    """
    names = [name for name in _checks if only is None or name in only]
    if unknown := set(only or ()) - set(names):
        raise CheckUnknown(f"No such checks of the books: {', '.join(sorted(unknown))}.")
    with unhurried():
        differences = [found for name in names for found in _checks[name](merchant_id, limit)]
        entries, postings = _run(verify_sql.COUNTS, merchant_id, limit)[0]
    return Verification(names, entries, postings, differences)


def _sql_check(name: str, sql: str) -> None:
    def check(merchant_id: UUID | None, limit: int) -> Iterator[Difference]:
        for merchant, subject, expected, found in _run(sql, merchant_id, limit):
            yield Difference(name, merchant, subject, expected, found)

    register_check(name, check)


def _run(sql: str, merchant_id: UUID | None, limit: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"merchant": merchant_id, "limit": limit})
        return list(cursor.fetchall())


def check_merchant(name: str, merchant_id: UUID) -> Difference | None:
    """The first difference that one check finds in one merchant's books."""
    return next(iter(_checks[name](merchant_id, 1)), None)


def check_names() -> list[str]:
    return list(_checks)


def _check_seals(merchant_id: UUID | None, limit: int) -> Iterator[Difference]:
    """The seals are over the rows of all merchants at once: they are verified whole, whoever is asked for."""
    newest = find_last_seal()
    findings = Findings(limit=limit)
    for window in verify_seals(get_signing_key().verifying, last=newest.number if newest else 0):
        findings.join(window.findings)
    findings.join(verify_unsealed(newest)[1])
    for found in findings.first:
        subject = f"{found.table or 'seal'} {found.key or found.seal or ''}".strip()
        yield Difference(SEALS, None, subject, "as it was sealed", f"{found.kind}: {found.said}")


@contextmanager
def unhurried(seconds: int = 0) -> Iterator[None]:
    """Statements may take this long (0: without limit): a replay of ten million postings takes longer than a request
    may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{seconds}s"])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")


_sql_check("entries_are_whole", verify_sql.ENTRIES)
_sql_check("postings_fit_entry_and_account", verify_sql.POSTINGS)
_sql_check("balances_equal_replay", verify_sql.BALANCES)
_sql_check("holds_equal_memo_postings", verify_sql.HOLDS)
_sql_check("guarded_accounts_hold", verify_sql.GUARDS)
_sql_check("reversals_undo_their_entries", verify_books_sql.REVERSALS)
_sql_check("fx_accounts_equal_exchanges", verify_books_sql.EXCHANGES)
_sql_check("adjustments_are_posted_as_approved", verify_books_sql.ADJUSTMENTS)
_sql_check("closed_periods_stand", verify_books_sql.PERIODS)

LEDGER_CHECKS = tuple(_checks)
"""The names of the ledger's own checks, without those of the floors above."""

SEALS = "seals_hold"
register_check(SEALS, _check_seals)
