"""When money at a PSP may be paid out, by its own statements: each line says so of its movement."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from foundation import clock
from ledger.models import JournalEntry, ReconciliationMatch, Source, StatementLine
from ledger.reconciliation.accounts import CLEARING_PREFIX

# Matched lines that the PSP still holds back. What was paid out was available, whatever was promised before.
_SETTLED = """
SELECT l.currency, sum(l.net_minor)::bigint
FROM ledger_statementline l
WHERE l.merchant_id = %(merchant)s AND l.source = 'psp' AND l.available_at > %(now)s AND l.payout_reference = ''
    AND EXISTS (SELECT 1 FROM ledger_reconciliationmatch m WHERE m.line_id = l.id AND m.merchant_id = l.merchant_id)
GROUP BY l.currency
"""

# Entries that no statement tells of yet, as long as their PSP account usually takes.
_AWAITED = """
SELECT a.currency, sum(p.amount_minor)::bigint
FROM ledger_journalentry e
JOIN ledger_posting p ON p.entry_id = e.id
JOIN ledger_ledgeraccount a ON a.id = p.account_id
JOIN unnest(%(accounts)s::text[], %(days)s::integer[]) AS d (psp_account, days)
    ON a.path = %(clearing)s || d.psp_account
WHERE e.merchant_id = %(merchant)s AND e.effective_at > %(oldest)s AND e.kind = ANY (%(kinds)s)
    AND e.effective_at > %(now)s - make_interval(days => d.days)
    AND NOT EXISTS (
        SELECT 1 FROM ledger_reconciliationmatch m WHERE m.entry_id = e.id AND m.source = 'psp'
    )
GROUP BY a.currency
"""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a PSP's line says of an entry. payout_reference: empty while it was not paid out."""

    available_at: datetime | None
    payout_reference: str


def sum_not_available(
    merchant_id: UUID, *, kinds: Collection[str], settlement_days: Mapping[str, int]
) -> dict[str, int]:
    """Per currency, what the PSPs still hold back, in minor units.

    kinds: of entries whose money is not available at once. settlement_days: by public id of the PSP account, for
    what no statement tells of yet.
    """
    now = clock.now()
    most = max(settlement_days.values(), default=0)
    parameters: dict[str, Any] = {
        "merchant": merchant_id,
        "now": now,
        "oldest": now - timedelta(days=most),
        "kinds": list(kinds),
        "clearing": CLEARING_PREFIX,
        "accounts": list(settlement_days),
        "days": list(settlement_days.values()),
    }
    held: dict[str, int] = {}
    with connection.cursor() as cursor:
        for sql in (_SETTLED, _AWAITED):
            cursor.execute(sql, parameters)
            for currency, minor in cursor.fetchall():
                held[currency] = held.get(currency, 0) + int(minor)
    return held


def settlements_of_entries(merchant_id: UUID, entry_ids: Collection[UUID]) -> dict[UUID, Settlement]:
    """By entry, for those that a PSP's statement tells of. One query."""
    rows = (
        ReconciliationMatch.objects.for_merchant(merchant_id)
        .filter(entry_id__in=entry_ids, source=Source.PSP)
        .order_by("line_id")
        .values_list("entry_id", "line__available_at", "line__payout_reference")
    )
    return {entry_id: Settlement(at, payout) for entry_id, at, payout in rows}


def list_lines_paid_out(
    merchant_id: UUID, psp_account: str, payout_reference: str, *, limit: int
) -> list[StatementLine]:
    """What a PSP says it paid out in one payout, in its order; not the line of the payout itself."""
    lines = StatementLine.objects.for_merchant(merchant_id).filter(
        source=Source.PSP, psp_account=psp_account, payout_reference=payout_reference
    )
    return list(lines.exclude(reference=payout_reference).order_by("id")[:limit])


def entries_paid_out(merchant_id: UUID, psp_account: str, payout_reference: str) -> QuerySet[JournalEntry]:
    """The entries whose lines a PSP says it paid out in one payout."""
    matches = ReconciliationMatch.objects.for_merchant(merchant_id).filter(
        source=Source.PSP, line__psp_account=psp_account, line__payout_reference=payout_reference
    )
    return JournalEntry.objects.for_merchant(merchant_id).filter(pk__in=matches.values("entry_id"))
