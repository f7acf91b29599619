"""Reconcile a merchant's books with everything that was imported."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from foundation import clock
from foundation.context import current
from foundation.transactions import owns_transaction
from ledger.models import ReconciliationBreak, ReconciliationRun
from ledger.reconciliation.locks import lock_reconciliation
from ledger.reconciliation.queries.runs import find_last_run, find_run_before
from ledger.reconciliation.steps.match_lines import match_lines
from ledger.reconciliation.steps.open_breaks import open_breaks
from ledger.reconciliation.steps.tie_out import tie_out


@owns_transaction
def reconcile(
    *, merchant_id: UUID, as_of_at: datetime | None = None, is_full: bool = False
) -> ReconciliationRun:
    """Match lines with entries, open and resolve breaks, and say whether every account ties out.

    as_of_at: the instant whose figures are told, now when null; matches and breaks are always of all that is known.
    is_full: look at everything again, instead of what came since the last run and what that left open.
    Raises: LockTimeout while another run or import of the merchant lasts.
    Writes: one ReconciliationRun with its ties and matches, breaks, and the events of open_breaks.
    Safe to repeat: what is matched stays so, an open break is not opened again, and the figures of an instant are the
    same as long as nothing new is told of it.
    """
    lock_reconciliation(merchant_id)
    run = ReconciliationRun(merchant_id=merchant_id, as_of_at=as_of_at or clock.now(), actor=current().actor)
    run.follows = find_run_before(run)
    run.save()
    run.matched = match_lines(run, since=None if is_full else find_last_run(run))
    run.breaks_opened, run.breaks_resolved = open_breaks(run)
    ties = tie_out(run)
    run.ties_out = not any(tie.difference_minor for tie in ties)
    run.breaks_open = _count_open(merchant_id)
    run.save()
    return run


def _count_open(merchant_id: UUID) -> int:
    rows = ReconciliationBreak.objects.for_merchant(merchant_id).filter(resolved_at__isnull=True)
    return rows.filter(~Q(status=ReconciliationBreak.Status.WRITTEN_OFF)).count()
