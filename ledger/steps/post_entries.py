"""Post many entries, one statement per thousand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.ids import new_id
from foundation.transactions import joins_transaction
from ledger.steps.lines import NewEntry, PostedEntry, content_hash, refuse_unless_whole
from ledger.steps.open_account import open_missing_accounts
from ledger.steps.posting_sql import array, bytes_array, fetch_all, text_array

BATCH = 1_000

_POST_ENTRIES = (
    "SELECT entry_id, is_new FROM ledger_post_entries(%s, %s, %s, %s, %s, %s::uuid[], %s::text[],"
    " %s::text[], %s::timestamptz[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::bytea[],"
    " %s::smallint[], %s::text[], %s::text[], %s::integer[], %s::smallint[], %s::integer[], %s::text[],"
    " %s::bigint[]) ORDER BY number"
)


@joins_transaction
def post_entries(*, merchant_id: UUID, entries: Sequence[NewEntry]) -> list[PostedEntry]:
    """Post entries of one merchant, as post_entry does each, in the order given.

    Raises: as post_entry; then none of them is posted.
    Writes: JournalEntries, Postings, and accounts named for the first time.
    Safe to repeat: references posted before with the same lines answer the old entry.
    """
    recorded_at = clock.now()
    posted: list[PostedEntry] = []
    for start in range(0, len(entries), BATCH):
        posted += _post_batch(merchant_id, entries[start : start + BATCH], recorded_at)
    return posted


def _post_batch(merchant_id: UUID, entries: Sequence[NewEntry], recorded_at: datetime) -> list[PostedEntry]:
    for entry in entries:
        refuse_unless_whole(entry.lines, entry.reference)
    accounts: dict[tuple[str, str], int] = {}
    parameters = _parameters(merchant_id, entries, recorded_at, accounts)
    rows = fetch_all(_POST_ENTRIES, parameters)
    if not rows:
        open_missing_accounts(merchant_id, accounts)
        rows = fetch_all(_POST_ENTRIES, parameters)
    return [PostedEntry(entry_id, is_new) for entry_id, is_new in rows]


def _parameters(
    merchant_id: UUID,
    entries: Sequence[NewEntry],
    recorded_at: datetime,
    accounts: dict[tuple[str, str], int],
) -> list[Any]:
    """The arrays of ledger_post_entries. accounts: filled with (path, currency) → position, from one."""
    context = current()
    lines: list[tuple[int, int, int, str, int]] = []
    for entry_position, entry in enumerate(entries, start=1):
        for number, line in enumerate(entry.lines, start=1):
            name = (line.path, line.amount.currency)
            account = accounts.setdefault(name, len(accounts) + 1)
            lines.append((entry_position, number, account, line.amount.currency, line.amount.amount_minor))
    return [
        merchant_id,
        recorded_at,
        context.trace_id,
        context.request_id,
        context.actor,
        array(new_id() for _ in entries),
        text_array(entry.reference for entry in entries),
        text_array(entry.kind for entry in entries),
        text_array(entry.effective_at.isoformat() for entry in entries),
        text_array(entry.source_kind for entry in entries),
        array(entry.source_id for entry in entries),
        text_array(entry.external_reference for entry in entries),
        text_array(entry.description for entry in entries),
        bytes_array(content_hash(entry.kind, entry.lines) for entry in entries),
        array(len(entry.lines) for entry in entries),
        text_array(path for path, _ in accounts),
        text_array(currency for _, currency in accounts),
        *(array(column) for column in zip(*lines, strict=True)),
    ]
