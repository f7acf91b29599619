"""A balance and a trial balance, now and as of an instant, at 10⁴ and 10⁶ postings.

BENCH_LEDGER_POSTINGS names other sizes ("10000,1000000,10000000": the last takes a while to fill). The journal is
filled by plain INSERTs past the triggers: what is measured is reading.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

import django

SIZES = "10000,1000000"
PSP_ACCOUNTS = 20
READS = 7
# A year, month by month; closed up to its last month.
START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 360

FILL_ENTRIES = """
INSERT INTO ledger_journalentry (id, merchant_id, kind, reference, effective_at, recorded_at, line_count, source_kind,
    external_reference, description, trace_id, request_id, actor, content_hash)
SELECT uuidv7(), %(merchant)s, 'capture', 'fill:' || n, %(start)s + n * %(step)s, now(), 2, '', '', '', '', '',
       'bench', ''
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
FILL_POSTINGS = """
INSERT INTO ledger_posting (merchant_id, entry_id, line, account_id, amount_minor, currency)
SELECT %(merchant)s, e.id, l.line, l.account, l.amount, 'usd'
FROM (SELECT id, substr(reference, 6)::bigint AS n FROM ledger_journalentry
      WHERE merchant_id = %(merchant)s AND reference LIKE 'fill:%%') AS e
CROSS JOIN LATERAL (VALUES (1, (%(clearing)s::uuid[])[1 + e.n %% %(accounts)s], 100), (2, %(sales)s::uuid, -100))
    AS l (line, account, amount)
WHERE e.n BETWEEN %(first)s AND %(last)s
"""


def main() -> dict[str, Any]:
    """Milliseconds of a read, the median of a few, at each size."""
    django.setup()
    from bench.ledger.postings import _database

    result: dict[str, Any] = {"unit": "milliseconds of a read"}
    sizes = [int(size) for size in os.environ.get("BENCH_LEDGER_POSTINGS", SIZES).split(",")]
    with _database():
        for size in sizes:
            result[f"{size}_postings"] = _measure(size)
    return result


def _measure(size: int) -> dict[str, float]:
    from foundation.ids import new_id
    from foundation.tenancy.models import Merchant
    from ledger.operations.close_period import close_period
    from ledger.operations.freeze_period import freeze_period
    from ledger.operations.roll_snapshots import roll_snapshots
    from ledger.queries.account_statement import get_account_statement
    from ledger.queries.balances import get_account_balance_as_of, get_balance
    from ledger.queries.trial_balance import get_trial_balance

    merchant_id = Merchant.objects.create(name=f"Bench {size}", default_currency="usd").id
    clearing, _ = _fill(merchant_id, size)
    closed_until = START + timedelta(days=DAYS - 30)
    figures = {"roll_snapshots": _once(lambda: roll_snapshots(min_postings=1))}
    middle = closed_until + timedelta(days=15)
    figures |= {
        "balance": _ms(lambda: get_balance(merchant_id, "income/sales", "usd")),
        "trial_balance": _ms(lambda: get_trial_balance(merchant_id)),
        "balance_as_of_an_old_day": _ms(
            lambda: get_account_balance_as_of(merchant_id, clearing, effective_at=START + timedelta(days=60))
        ),
    }
    for month in range(30, DAYS, 30):
        period_id = new_id()
        close_period(merchant_id=merchant_id, period_id=period_id, ends_at=START + timedelta(days=month))
        freeze_period(merchant_id=merchant_id, period_id=period_id)
    old = START + timedelta(days=60)
    return figures | {
        "balance_as_of_an_old_day_once_closed": _ms(
            lambda: get_account_balance_as_of(merchant_id, clearing, effective_at=old)
        ),
        "trial_balance_as_of_a_month_end": _ms(lambda: get_trial_balance(merchant_id, effective_at=old)),
        "trial_balance_as_of_the_open_month": _ms(
            lambda: get_trial_balance(merchant_id, effective_at=middle)
        ),
        "statement_of_a_day": _ms(
            lambda: get_account_statement(
                merchant_id, clearing, starts_at=old, ends_at=old + timedelta(days=1), limit=50
            )
        ),
    }


def _fill(merchant_id: UUID, size: int) -> tuple[UUID, UUID]:
    from django.db import connection

    from foundation.rights.owner import connected_as_owner
    from foundation.transactions import owns_transaction
    from ledger.steps import open_account

    def opened(path: str) -> UUID:
        return owns_transaction(open_account)(
            merchant_id=merchant_id, path=path, currency="usd", never_negative=False
        )

    accounts = [opened(f"assets/psp_clearing/psp_{n}") for n in range(PSP_ACCOUNTS)]
    sales = opened("income/sales")
    entries = size // 2
    with connected_as_owner(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET statement_timeout = 0")
        for first in range(0, entries, 500_000):
            said = {
                "merchant": merchant_id,
                "start": START,
                "step": timedelta(days=DAYS) / entries,
                "first": first,
                "last": min(first + 500_000, entries) - 1,
                "clearing": accounts,
                "accounts": PSP_ACCOUNTS,
                "sales": sales,
            }
            cursor.execute(FILL_ENTRIES, said)
            cursor.execute(FILL_POSTINGS, said)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE ledger_journalentry, ledger_posting")
    with connection.cursor() as cursor:
        # The first snapshots of ten million postings take longer than a request may.
        cursor.execute("SET statement_timeout = 0")
    return accounts[0], sales


def _once(work: Callable[[], Any]) -> float:
    started = perf_counter()
    work()
    return round((perf_counter() - started) * 1_000, 2)


def _ms(read: Callable[[], Any]) -> float:
    read()
    return round(median(_once(read) for _ in range(READS)), 2)


if __name__ == "__main__":
    print(json.dumps(main(), indent=2))
