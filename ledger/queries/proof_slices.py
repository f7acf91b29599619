"""A bounded part of the proof of the books: some entries of the journal, or some accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from ledger.queries.verify import Difference

_PAGE_OF_ENTRIES = """
SELECT count(*), (max(id::text))::uuid
FROM (SELECT id FROM ledger_journalentry WHERE id > %(after)s ORDER BY id LIMIT %(limit)s) AS page
"""
_ENTRIES = """
SELECT e.merchant_id, 'entry ' || e.id, e.line_count || ' postings that fit, each currency at 0',
       coalesce(p.lines, 0) || ' postings, ' || coalesce(p.strays, 0) || ' of them astray'
       || coalesce(', ' || p.unbalanced, '')
FROM ledger_journalentry e
LEFT JOIN (
    SELECT entry_id, sum(lines) AS lines, sum(strays) AS strays,
           string_agg(currency || ' at ' || total, ', ' ORDER BY currency) FILTER (WHERE total <> 0) AS unbalanced
    FROM (
        SELECT q.entry_id, q.currency, count(*) AS lines, sum(q.amount_minor) AS total,
               count(*) FILTER (WHERE a.id IS NULL) AS strays
        FROM ledger_posting q
        LEFT JOIN ledger_ledgeraccount a
            ON a.id = q.account_id AND a.merchant_id = q.merchant_id AND a.currency = q.currency
        WHERE q.entry_id > %(after)s AND q.entry_id <= %(upto)s
        GROUP BY q.entry_id, q.currency
    ) AS by_currency
    GROUP BY entry_id
) AS p ON p.entry_id = e.id
WHERE e.id > %(after)s AND e.id <= %(upto)s
    AND (p.lines IS DISTINCT FROM e.line_count OR p.lines < 2 OR p.strays > 0 OR p.unbalanced IS NOT NULL)
ORDER BY e.id LIMIT 1
"""
_REVERSALS = """
SELECT r.merchant_id, 'entry ' || r.id, 'the opposite of entry ' || r.reverses_id,
       'account ' || d.account_id || ' left at ' || d.rest
FROM ledger_journalentry r
CROSS JOIN LATERAL (
    SELECT p.account_id, sum(p.amount_minor) AS rest
    FROM ledger_posting p WHERE p.entry_id IN (r.id, r.reverses_id)
    GROUP BY p.account_id HAVING sum(p.amount_minor) <> 0
) AS d
WHERE r.id > %(after)s AND r.id <= %(upto)s AND r.reverses_id IS NOT NULL
ORDER BY r.id LIMIT 1
"""
_PAGE_OF_ACCOUNTS = """
SELECT count(*), (max(id::text))::uuid
FROM (SELECT id FROM ledger_ledgeraccount WHERE id > %(after)s ORDER BY id LIMIT %(limit)s) AS page
"""
_BALANCES = """
SELECT a.merchant_id, a.path || ' in ' || a.currency || ' (' || a.id || ')',
       'debits ' || r.debits || ', credits ' || r.credits
       || CASE a.guard WHEN 'none' THEN '' ELSE ', never below zero' END,
       'debits ' || b.debits || ', credits ' || b.credits
FROM ledger_ledgeraccount a
CROSS JOIN LATERAL ledger_balance(a.id) b
CROSS JOIN LATERAL (
    SELECT coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0) AS debits,
           coalesce(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0) AS credits
    FROM ledger_posting p WHERE p.account_id = a.id
) AS r
WHERE a.id > %(after)s AND a.id <= %(upto)s
    AND (
        (r.debits, r.credits) <> (b.debits, b.credits)
        OR (a.guard = 'never_negative'
            AND CASE a.normal_side WHEN 'debit' THEN b.debits < b.credits ELSE b.credits < b.debits END)
    )
ORDER BY a.id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class ProvenSlice:
    """count: of rows looked at. last: the id of the last of them. first: the first difference."""

    count: int
    last: UUID | None
    first: Difference | None


def prove_entries(after: UUID, limit: int) -> ProvenSlice:
    """The next entries by id: whole, at zero, their postings where they belong, reversals the opposite."""
    checks = (("entries_are_whole", _ENTRIES), ("reversals_undo_their_entries", _REVERSALS))
    return _prove(_PAGE_OF_ENTRIES, checks, after, limit)


def prove_accounts(after: UUID, limit: int) -> ProvenSlice:
    """The next accounts by id: balances equal their postings, guarded ones are not below zero."""
    return _prove(_PAGE_OF_ACCOUNTS, (("balances_equal_replay", _BALANCES),), after, limit)


def _prove(page: str, checks: tuple[tuple[str, str], ...], after: UUID, limit: int) -> ProvenSlice:
    with connection.cursor() as cursor:
        cursor.execute(page, {"after": after, "limit": limit})
        count, last = cursor.fetchone()
        if not count:
            return ProvenSlice(0, None, None)
        for name, sql in checks:
            cursor.execute(sql, {"after": after, "upto": last})
            if (row := cursor.fetchone()) is not None:
                return ProvenSlice(count, last, _difference(name, row))
    return ProvenSlice(count, last, None)


def _difference(name: str, row: tuple[Any, ...]) -> Difference:
    merchant_id, subject, expected, found = row
    return Difference(name, merchant_id, subject, expected, found)
