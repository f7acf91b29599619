"""Roll balance snapshots forward, so that reading a balance stays cheap at any number of postings."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from foundation import clock
from foundation.transactions import outside_transaction, owns_transaction

ACCOUNTS_PER_TRANSACTION = 500
POSTINGS_WORTH_A_SNAPSHOT = 200

_NO_ACCOUNT = UUID(int=0)

# A snapshot ahead of the oldest running transaction was made under another count of transactions (the
# database was restored from a dump). Balances ignore it already; removed, it cannot come back into force.
_DROP_FOREIGN = "DELETE FROM ledger_balancesnapshot WHERE up_to_xid > pg_snapshot_xmin(pg_current_snapshot())"

# Only transactions below the horizon are summed: every one of them has ended, so none can add a posting
# later. The sums are absolute, so of two rolls at once the one that saw further wins and neither counts
# twice.
_ROLL = """
WITH horizon AS MATERIALIZED (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xid),
page AS MATERIALIZED (
    SELECT id FROM ledger_ledgeraccount WHERE id > %(after)s ORDER BY id LIMIT %(accounts)s
),
rolled AS (
    INSERT INTO ledger_balancesnapshot AS old (account_id, up_to_xid, debits, credits, created_at)
    SELECT page.id, horizon.xid, coalesce(s.debits, 0) + since.debits, coalesce(s.credits, 0) + since.credits,
           %(now)s
    FROM page
    CROSS JOIN horizon
    LEFT JOIN ledger_balancesnapshot s ON s.account_id = page.id
    CROSS JOIN LATERAL (
        SELECT count(*) AS postings,
               coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0) AS debits,
               coalesce(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0) AS credits
        FROM ledger_posting p
        WHERE p.account_id = page.id AND p.xid >= coalesce(s.up_to_xid, '0'::xid8) AND p.xid < horizon.xid
    ) AS since
    WHERE since.postings >= %(min_postings)s
    ON CONFLICT (account_id) DO UPDATE
        SET up_to_xid = excluded.up_to_xid, debits = excluded.debits, credits = excluded.credits,
            created_at = excluded.created_at
        WHERE old.up_to_xid < excluded.up_to_xid
    RETURNING 1
)
SELECT (SELECT count(*) FROM rolled), (SELECT max(id::text) FROM page), (SELECT count(*) FROM page)
"""


@outside_transaction
def roll_snapshots(
    *, min_postings: int = POSTINGS_WORTH_A_SNAPSHOT, page_size: int = ACCOUNTS_PER_TRANSACTION
) -> int:
    """Bring the snapshot of every account with enough postings since its last one up to now.

    min_postings: an account with fewer postings since its snapshot is left as it is. page_size: accounts in
    one transaction. Returns the number of snapshots written.
    Writes: BalanceSnapshots, a page of accounts in a transaction. Takes no lock that a posting waits for.
    Safe to repeat, and two at once: the sums are absolute and only move forward.
    """
    _drop_foreign_snapshots()
    rolled, after, accounts = 0, _NO_ACCOUNT, page_size
    while accounts == page_size:
        written, last, accounts = _roll_page(after=after, min_postings=min_postings, page_size=page_size)
        rolled += written
        after = last or after
    return rolled


@owns_transaction
def _drop_foreign_snapshots() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_DROP_FOREIGN)


@owns_transaction
def _roll_page(*, after: UUID, min_postings: int, page_size: int) -> tuple[int, UUID | None, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            _ROLL,
            {
                "after": after,
                "accounts": page_size,
                "min_postings": min_postings,
                "now": clock.now(),
            },
        )
        written, last, accounts = cursor.fetchone()
    return written, UUID(last) if last else None, accounts
