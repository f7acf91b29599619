"""Post one entry, in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.ids import new_id
from foundation.transactions import joins_transaction
from ledger.steps.lines import Line, NewEntry, PostedEntry, content_hash, refuse_unless_whole
from ledger.steps.open_account import open_missing_accounts
from ledger.steps.posting_sql import array, fetch_all, text_array

_POST_ENTRY = (
    "SELECT entry_id, is_new FROM ledger_post_entry(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
    " %s, %s, %s::text[], %s::text[], %s::bigint[])"
)


@joins_transaction
def post_entry(
    *,
    merchant_id: UUID,
    kind: str,
    reference: str,
    lines: Sequence[Line],
    source_kind: str,
    source_id: UUID | None,
    effective_at: datetime,
    external_reference: str = "",
    description: str = "",
) -> PostedEntry:
    """Post an entry whose lines sum to zero in every currency.

    lines: 2 to 1,000, debit positive, minor units; zero lines are left out by the caller. reference: unique
    per merchant, at most 255 characters. effective_at: when it happened in the world.
    Raises: EntryMalformed, AccountPathInvalid, LedgerReferenceReused (the reference has other lines),
    AccountBelowZero (a guarded account), PeriodClosed (effective_at lies in a closed period; see
    queries.periods.date_in_open_period); after the last three the transaction can only be rolled back.
    Writes: one JournalEntry, its Postings, and accounts named for the first time.
    Safe to repeat: the same reference and lines answer the entry of the first time, is_new False.
    """
    entry = NewEntry(
        kind=kind,
        reference=reference,
        lines=lines,
        effective_at=effective_at,
        source_kind=source_kind,
        source_id=source_id,
        external_reference=external_reference,
        description=description,
    )
    return post_linked_entry(merchant_id, entry)


@joins_transaction
def post_linked_entry(
    merchant_id: UUID, entry: NewEntry, *, reverses: UUID | None = None, hold: UUID | None = None
) -> PostedEntry:
    """post_entry, for the ledger's own steps: an entry that reverses another or belongs to a hold."""
    refuse_unless_whole(entry.lines, entry.reference)
    context = current()
    paths = [line.path for line in entry.lines]
    currencies = [line.amount.currency for line in entry.lines]
    parameters = [
        merchant_id,
        clock.now(),
        context.trace_id,
        context.request_id,
        context.actor,
        new_id(),
        entry.reference,
        entry.kind,
        entry.effective_at,
        entry.source_kind,
        entry.source_id,
        entry.external_reference,
        entry.description,
        reverses,
        hold,
        content_hash(entry.kind, entry.lines, reverses),
        text_array(paths),
        text_array(currencies),
        array(line.amount.amount_minor for line in entry.lines),
    ]
    entry_id, is_new = fetch_all(_POST_ENTRY, parameters)[0]
    if entry_id is None:
        open_missing_accounts(merchant_id, zip(paths, currencies, strict=True))
        entry_id, is_new = fetch_all(_POST_ENTRY, parameters)[0]
    return PostedEntry(entry_id, is_new)
