"""Keep how every account stood at the end of a closed period."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from foundation import clock
from foundation.transactions import owns_transaction
from ledger.locks import lock_period
from ledger.models import AccountingPeriod
from ledger.queries.periods import find_frozen_period

# The books as the previous period left them, and what was dated inside this one. Without a lock on posting:
# since the closing has been committed, nothing can be added inside.
_FREEZE = """
WITH inside AS MATERIALIZED (
    SELECT p.account_id,
           coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0) AS debits,
           coalesce(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0) AS credits
    FROM ledger_journalentry e JOIN ledger_posting p ON p.entry_id = e.id
    WHERE e.merchant_id = %(merchant)s AND e.effective_at >= coalesce(%(from)s, '-infinity'::timestamptz)
        AND e.effective_at < %(ends_at)s
    GROUP BY p.account_id
)
INSERT INTO ledger_periodbalance (period_id, account_id, debits, credits)
SELECT %(period)s, a.id, coalesce(before.debits, 0) + coalesce(inside.debits, 0),
       coalesce(before.credits, 0) + coalesce(inside.credits, 0)
FROM ledger_ledgeraccount a
LEFT JOIN ledger_periodbalance before ON before.account_id = a.id AND before.period_id = (
    SELECT c.id FROM ledger_accountingperiod c
    WHERE c.merchant_id = %(merchant)s AND c.status = 'closed' AND c.frozen_at IS NOT NULL
        AND c.ends_at = %(starts_at)s
)
LEFT JOIN inside ON inside.account_id = a.id
WHERE a.merchant_id = %(merchant)s AND (before.id IS NOT NULL OR inside.account_id IS NOT NULL)
"""


@owns_transaction
def freeze_period(*, merchant_id: UUID, period_id: UUID) -> None:
    """Write the PeriodBalances of a closed period, once.

    Raises: ResourceMissing.
    Writes: a PeriodBalance for every account with postings before the period's end; the period's frozen_at.
    Safe to repeat: a frozen period, and one that was opened again meanwhile, is left as it is.
    """
    period = lock_period(merchant_id, period_id)
    if period.frozen_at is not None or period.status != AccountingPeriod.Status.CLOSED:
        return
    has_base = period.starts_at is not None and _is_kept_at(merchant_id, period.starts_at)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(
            _FREEZE,
            {
                "merchant": merchant_id,
                "period": period_id,
                "starts_at": period.starts_at,
                "from": period.starts_at if has_base else None,
                "ends_at": period.ends_at,
            },
        )
    period.frozen_at = clock.now()
    period.save(update_fields=["frozen_at"])


def _is_kept_at(merchant_id: UUID, ends_at: datetime) -> bool:
    before = find_frozen_period(merchant_id, ends_at)
    return before is not None and before.ends_at == ends_at
