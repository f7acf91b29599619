"""Entries with their lines: by id, by source, by reference. Postings come in one query for all entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from foundation.errors import ResourceMissing
from foundation.money import Money
from ledger.models import JournalEntry, Posting

LIST_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class EntryLine:
    """amount: debit positive, credit negative."""

    account_id: UUID
    path: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry as the floors above see it. lines: in the order they were written."""

    id: UUID
    kind: str
    reference: str
    effective_at: datetime
    recorded_at: datetime
    source_kind: str
    source_id: UUID | None
    external_reference: str
    description: str
    reverses_id: UUID | None
    hold_id: UUID | None
    trace_id: str
    request_id: str
    actor: str
    lines: tuple[EntryLine, ...]


def get_entry(merchant_id: UUID, entry_id: UUID) -> Entry:
    """Raises ResourceMissing."""
    entries = list_entries_by_ids(merchant_id, [entry_id])
    if not entries:
        raise ResourceMissing("No such journal entry.")
    return entries[0]


def has_entry(merchant_id: UUID, reference: str) -> bool:
    return JournalEntry.objects.for_merchant(merchant_id).filter(reference=reference).exists()


def has_reversal(merchant_id: UUID, entry_id: UUID) -> bool:
    return JournalEntry.objects.for_merchant(merchant_id).filter(reverses_id=entry_id).exists()


def find_entry_by_reference(merchant_id: UUID, reference: str) -> Entry | None:
    entries = _with_lines(
        merchant_id, JournalEntry.objects.for_merchant(merchant_id).filter(reference=reference)
    )
    return entries[0] if entries else None


def list_entries_by_ids(merchant_id: UUID, ids: Iterable[UUID]) -> list[Entry]:
    """In the order written, at most 1,000; absent and other merchants' ids are left out. Two queries."""
    return _with_lines(merchant_id, JournalEntry.objects.for_merchant(merchant_id).filter(id__in=list(ids)))


def list_entries_of_source(
    merchant_id: UUID, source_kind: str, source_id: UUID, *, limit: int = LIST_LIMIT
) -> list[Entry]:
    """What an object of a floor above moved, in order, with the memo entries of its holds."""
    source = JournalEntry.objects.for_merchant(merchant_id).filter(
        source_kind=source_kind, source_id=source_id
    )
    return _with_lines(merchant_id, source, limit)


def list_entries(
    merchant_id: UUID,
    *,
    account_id: UUID | None = None,
    source: tuple[str, UUID] | None = None,
    reference: str | None = None,
    kind: str | None = None,
    effective_at: Mapping[str, datetime] | None = None,
) -> QuerySet[JournalEntry]:
    """Entries for a page of them; their lines come by list_entries_by_ids.

    source: kind and id. effective_at: Django's lookups to instants ({"gte": …}).
    """
    entries = JournalEntry.objects.for_merchant(merchant_id)
    if account_id is not None:
        lines = Posting.objects.for_merchant(merchant_id).filter(account_id=account_id, entry=OuterRef("pk"))
        entries = entries.filter(Exists(lines))
    if source is not None:
        entries = entries.filter(source_kind=source[0], source_id=source[1])
    if reference is not None:
        entries = entries.filter(reference=reference)
    if kind is not None:
        entries = entries.filter(kind=kind)
    return entries.filter(**{f"effective_at__{lookup}": at for lookup, at in (effective_at or {}).items()})


def list_entries_of_kinds(
    merchant_id: UUID,
    kinds: Iterable[str],
    *,
    kinds_below: tuple[str, Iterable[str]] | None = None,
    currency: str | None = None,
) -> QuerySet[JournalEntry]:
    """Entries of some kinds, for a page of them; their lines come by list_entries_by_ids.

    kinds_below: (beginning of a path, kinds): entries of these kinds too, where they touch an account there.
    currency: with a line in it.
    """
    lines = Posting.objects.for_merchant(merchant_id).filter(entry=OuterRef("pk"))
    entries = JournalEntry.objects.for_merchant(merchant_id)
    if kinds_below is None:
        entries = entries.filter(kind__in=list(kinds))
    else:
        path, further = kinds_below
        touching = Exists(lines.filter(account__path__startswith=path))
        entries = entries.filter(Q(kind__in=list(kinds)) | (Q(kind__in=list(further)) & touching))
    return entries if currency is None else entries.filter(Exists(lines.filter(currency=currency)))


def list_latest_postings(merchant_id: UUID, account_id: UUID, *, limit: int) -> QuerySet[Posting]:
    """The last postings of an account with their entries, newest first."""
    postings = Posting.objects.for_merchant(merchant_id).filter(account_id=account_id).select_related("entry")
    return postings.order_by("-xid", "-id")[:limit]


def _with_lines(merchant_id: UUID, entries: QuerySet[JournalEntry], limit: int = LIST_LIMIT) -> list[Entry]:
    found = list(entries.order_by("id")[:limit])
    lines = _lines_of(merchant_id, found)
    return [
        Entry(
            id=entry.id,
            kind=entry.kind,
            reference=entry.reference,
            effective_at=entry.effective_at,
            recorded_at=entry.recorded_at,
            source_kind=entry.source_kind,
            source_id=entry.source_id,
            external_reference=entry.external_reference,
            description=entry.description,
            reverses_id=entry.reverses_id,
            hold_id=entry.hold_id,
            trace_id=entry.trace_id,
            request_id=entry.request_id,
            actor=entry.actor,
            lines=tuple(lines[entry.id]),
        )
        for entry in found
    ]


def _lines_of(merchant_id: UUID, entries: list[JournalEntry]) -> dict[UUID, list[EntryLine]]:
    lines: dict[UUID, list[EntryLine]] = defaultdict(list)
    postings = (
        Posting.objects.for_merchant(merchant_id).filter(entry__in=entries).order_by("entry_id", "line")
    )
    rows = postings.values_list("entry_id", "account_id", "account__path", "amount_minor", "currency")
    for entry_id, account_id, path, amount_minor, currency in rows:
        lines[entry_id].append(EntryLine(account_id, path, Money(amount_minor, currency)))
    return lines
