"""Lines of a file into the table: streamed by COPY into a temporary one, then one set-based INSERT.

A line that an earlier file brought stays as it is; only the payout it was paid in may be added to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from foundation.transactions import joins_transaction
from ledger.models import Statement, UnreadLine
from ledger.reconciliation.errors import StatementUnreadable
from ledger.reconciliation.importers.lines import MAX_TEXT, ReadLine, Row, StatedBalance, Unread

_NULL = "\\N"
_NO_ORIGINAL = f"\t{_NULL}\t{_NULL}"
ROWS_PER_WRITE = 2_000
MAX_UNREAD = 10_000
"""A file with more bad lines is of another format: refused whole."""

# Minutes, not the seconds of a web request: a million lines are one statement.
TIME_LIMITS = "SET LOCAL statement_timeout = '10min'; SET LOCAL work_mem = '256MB'"

_TEMPORARY = """
DROP TABLE IF EXISTS pg_temp.lines_read;
CREATE TEMPORARY TABLE lines_read (
    line_number integer, line_key text, kind text, reference text, order_reference text,
    payout_reference text, currency text, gross_minor bigint, fee_minor bigint,
    occurred_at timestamptz, available_at timestamptz, description text, original_currency text,
    original_minor bigint, exchange_rate numeric, occurrence smallint DEFAULT 1
) ON COMMIT DROP
"""
_COPY = """
COPY lines_read (line_number, line_key, kind, reference, order_reference, payout_reference, currency,
    gross_minor, fee_minor, occurred_at, available_at, description, original_currency, original_minor,
    exchange_rate) FROM STDIN
"""
# The same line twice in one file is a difference to be shown, not a repetition to be swallowed.
_COUNT_OCCURRENCES = """
UPDATE lines_read r SET occurrence = n.occurrence
FROM (
    SELECT line_number, row_number() OVER (PARTITION BY line_key ORDER BY line_number) AS occurrence
    FROM lines_read
    WHERE line_key IN (SELECT line_key FROM lines_read GROUP BY line_key HAVING count(*) > 1)
) AS n
WHERE r.line_number = n.line_number AND n.occurrence > 1
"""
_STORE = """
WITH stored AS (
    INSERT INTO ledger_statementline (
        merchant_id, statement_id, line_number, source, psp_account, line_key, occurrence, kind, reference,
        order_reference, payout_reference, currency, gross_minor, fee_minor, net_minor, occurred_at,
        available_at, description, original_currency, original_minor, exchange_rate
    )
    SELECT %(merchant)s, %(statement)s, line_number, %(source)s, %(psp_account)s, line_key, occurrence, kind,
           reference, order_reference, payout_reference, currency, gross_minor, fee_minor,
           gross_minor - fee_minor, occurred_at, available_at, description, original_currency, original_minor,
           exchange_rate
    FROM lines_read
    ON CONFLICT (merchant_id, psp_account, source, line_key, occurrence) DO UPDATE
        SET payout_reference = excluded.payout_reference
        WHERE ledger_statementline.payout_reference = '' AND excluded.payout_reference <> ''
    RETURNING xmax = 0 AS is_new
)
SELECT (SELECT count(*) FROM stored WHERE is_new), count(*), min(occurred_at), max(occurred_at)
FROM lines_read
"""


@dataclass(slots=True)
class Stored:
    """stored: new lines. read: all that could be read. stated: per currency, what the file says of balances."""

    stored: int = 0
    read: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    unread: list[Unread] = field(default_factory=list)
    stated: dict[str, dict[str, Any]] = field(default_factory=dict)


@joins_transaction
def store_lines(statement: Statement, rows: Iterable[Row]) -> Stored:
    """Take in what a reader yields for a statement that is saved already.

    Raises StatementUnreadable. Writes StatementLines and UnreadLines.
    """
    result = Stored()
    with connection.cursor() as cursor:
        cursor.execute(TIME_LIMITS)
        cursor.execute(_TEMPORARY)
        with cursor.copy(_COPY) as copy:
            for batch in _batches(rows, result):
                copy.write(batch)
        cursor.execute(_COUNT_OCCURRENCES)
        cursor.execute(
            _STORE,
            {
                "merchant": statement.merchant_id,
                "statement": statement.id,
                "source": statement.source,
                "psp_account": statement.psp_account,
            },
        )
        result.stored, result.read, result.first_at, result.last_at = cursor.fetchone()
    UnreadLine.across_merchants.bulk_create(
        UnreadLine(
            merchant_id=statement.merchant_id,
            statement=statement,
            line_number=unread.line_number,
            text=unread.text.replace("\x00", "")[:MAX_TEXT],
            reason=unread.reason[:255],
        )
        for unread in result.unread
    )
    return result


def _batches(rows: Iterable[Row], result: Stored) -> Iterator[str]:
    batch: list[str] = []
    for row in rows:
        if isinstance(row, ReadLine):
            batch.append(_copied(row))
            if len(batch) == ROWS_PER_WRITE:
                yield "".join(batch)
                batch.clear()
        else:
            _note(row, result)
    yield "".join(batch)


def _note(row: Unread | StatedBalance, result: Stored) -> None:
    if isinstance(row, Unread):
        result.unread.append(row)
        if len(result.unread) > MAX_UNREAD:
            raise StatementUnreadable(f"More than {MAX_UNREAD} lines cannot be read; first: {row.reason}")
        return
    stated = result.stated.setdefault(row.currency, {})
    if row.which == "closing" or "opening_minor" not in stated:
        # The first opening and the last closing of a file of several statements.
        stated |= {f"{row.which}_minor": row.amount_minor, f"{row.which}_at": row.as_of}


def _copied(row: ReadLine) -> str:
    """A row of COPY's text format: tabs between, backslashes for what would be taken for one."""
    (
        number,
        key,
        kind,
        reference,
        order,
        payout,
        currency,
        gross,
        fee,
        occurred,
        available,
        words,
        *original,
    ) = row
    text = f"{key}\t{kind}\t{reference}\t{order}\t{payout}\t{currency}"
    if "\\" in text or "\n" in text or "\r" in text or "\x00" in text or text.count("\t") != 5:
        text = "\t".join(map(_escaped, (key, kind, reference, order, payout, currency)))
    rest = _NO_ORIGINAL if not original[0] else "\t".join(_NULL if o is None else str(o) for o in original)
    return f"{number}\t{text}\t{gross}\t{fee}\t{occurred}\t{available or _NULL}\t{_escaped(words)}\t{rest}\n"


def _escaped(text: str) -> str:
    if text.isprintable() and "\\" not in text:
        return text
    text = text.replace("\x00", "").replace("\\", "\\\\")
    return text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
