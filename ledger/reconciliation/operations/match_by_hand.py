"""Match a line with an entry because a person says so."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.events.publishing import publish_all
from foundation.transactions import owns_transaction
from ledger.models import ReconciliationBreak, ReconciliationMatch, Source
from ledger.reconciliation.errors import BreakNotOpen, MatchImpossible
from ledger.reconciliation.locks import lock_break, lock_reconciliation
from ledger.reconciliation.queries.arrivals import arrival_of
from ledger.reconciliation.steps.open_breaks import arrival_news


@owns_transaction
def match_by_hand(*, merchant_id: UUID, break_id: UUID, other_break_id: UUID) -> None:
    """Two breaks are one movement: a line that we miss and an entry that the other side misses, of equal amounts.

    Raises: ResourceMissing; BreakNotOpen; MatchImpossible.
    Writes: one ReconciliationMatch of the rule `by_hand`; both breaks are resolved; the event of a payout's arrival
    when the line is a bank's.
    Not safe to repeat: the second time the breaks are not open.
    """
    lock_reconciliation(merchant_id)
    first, second = sorted((break_id, other_break_id))
    found = [lock_break(merchant_id, first), lock_break(merchant_id, second)]
    if not all(b.is_open and b.status != ReconciliationBreak.Status.WRITE_OFF_REQUESTED for b in found):
        raise BreakNotOpen()
    lines = [b for b in found if b.kind == ReconciliationBreak.Kind.MISSING_AT_US]
    entries = [b for b in found if b.kind == ReconciliationBreak.Kind.MISSING_AT_PSP]
    if len(lines) != 1 or len(entries) != 1:
        raise MatchImpossible()
    (line,), (entry,) = lines, entries
    same = [(b.source, b.psp_account, b.currency) for b in found]
    if line.line_id is None or entry.entry_id is None:
        raise MatchImpossible()
    if same[0] != same[1] or line.amount_minor + entry.amount_minor:
        raise MatchImpossible()
    match = ReconciliationMatch.across_merchants.create(
        merchant_id=merchant_id,
        line_id=line.line_id,
        entry_id=entry.entry_id,
        source=line.source,
        rule="by_hand",
    )
    if match.source == Source.BANK:
        publish_all([arrival_news(merchant_id, arrival_of(match))])
    for resolved in found:
        resolved.resolved_at = clock.now()
        resolved.save(update_fields=["resolved_at"])
