"""A million settlement lines against a million captures: imported, matched, beside a plain SQL join of the same.

The plain join records every match as (line, entry), once in a table without keys and once under the keys and with the
columns that ours has; ours finds what is left as well, opens breaks and ties out. The plain ones run before and after
ours, since other work on the machine slows each of them. Run alone: `python -m bench.reconciliation` with
DATABASE_URL set; it works in a database of its own. BENCH_LINES sets the size.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import UUID

LINES = int(os.environ.get("BENCH_LINES", "1000000"))
ACCOUNT = "psp_bench"
DAY = "2026-11-20 12:00:00"
# One line in a thousand is missing, so that breaks are opened too.
MISSING_EVERY = 1_000

# The books are filled by plain SQL with the triggers off: posting has a bench of its own.
ENTRIES = """
INSERT INTO ledger_journalentry (id, merchant_id, kind, reference, effective_at, recorded_at, line_count,
    source_kind, external_reference, description, trace_id, request_id, actor, content_hash)
SELECT uuidv7(), %(merchant)s, 'payment_captured', 'capture:' || n, %(day)s, %(day)s, 2, 'payment_intent',
       'ch_' || n, '', '', '', 'system', '\\x00'
FROM generate_series(1, %(lines)s) AS n
"""
POSTINGS = """
INSERT INTO ledger_posting (merchant_id, entry_id, line, account_id, amount_minor, currency)
SELECT %(merchant)s, e.id, l.line, l.account, l.amount, 'usd'
FROM ledger_journalentry e,
     (VALUES (1, %(clearing)s::uuid, 941::bigint), (2, %(sales)s::uuid, -941::bigint)) AS l (line, account, amount)
WHERE e.merchant_id = %(merchant)s AND e.kind = 'payment_captured'
"""
PLAIN_JOIN = """
CREATE TABLE plain_match AS
SELECT l.id AS line_id, e.id AS entry_id
FROM ledger_statementline l
JOIN ledger_journalentry e ON e.merchant_id = l.merchant_id AND e.external_reference = l.reference
JOIN ledger_posting p ON p.entry_id = e.id AND p.account_id = %(clearing)s AND p.amount_minor = l.net_minor
    AND p.currency = l.currency
"""


# Into a copy of our table, keys and columns included.
PLAIN_JOIN_WITH_KEYS = """
CREATE TABLE plain_match (LIKE ledger_reconciliationmatch INCLUDING ALL);
INSERT INTO plain_match (merchant_id, line_id, entry_id, source, rule, run_id)
SELECT l.merchant_id, l.id, e.id, 'psp', 'reference', NULL
FROM ledger_statementline l
JOIN ledger_journalentry e ON e.merchant_id = l.merchant_id AND e.external_reference = l.reference
JOIN ledger_posting p ON p.entry_id = e.id AND p.account_id = %(clearing)s AND p.amount_minor = l.net_minor
    AND p.currency = l.currency
"""


def main() -> dict[str, Any]:
    """Seconds to import and to reconcile, and what the same join costs as plain SQL."""
    import django

    django.setup()
    from bench.ledger.postings import _database

    with _database(), TemporaryDirectory() as folder:
        merchant_id, clearing, sales = _books()
        figures: dict[str, Any] = {"lines": LINES, "entries": LINES}
        figures["fill_books_seconds"] = _seconds(lambda: _fill(merchant_id, clearing, sales))
        report = Path(folder) / "balance.csv"
        figures["report_megabytes"] = round(_write_report(report) / 1e6)
        figures["import_seconds"] = _seconds(lambda: _import(merchant_id, report))
        before = [_plain(PLAIN_JOIN, clearing), _plain(PLAIN_JOIN_WITH_KEYS, clearing)]
        figures |= _reconcile(merchant_id)
        after = [_plain(PLAIN_JOIN, clearing), _plain(PLAIN_JOIN_WITH_KEYS, clearing)]
        plain, with_keys = (round((one + other) / 2, 2) for one, other in zip(before, after, strict=True))
        figures |= {
            "plain_join_seconds": plain,
            "plain_join_with_keys_seconds": with_keys,
            "reconcile_to_plain": round(figures["reconcile_seconds"] / plain, 2),
            "reconcile_to_plain_with_keys": round(figures["reconcile_seconds"] / with_keys, 2),
        }
        figures["reconcile_next_night_seconds"] = _reconcile(merchant_id, day=1)["reconcile_seconds"]
        return figures


def _plain(sql: str, clearing: UUID) -> float:
    from foundation.rights.owner import connected_as_owner

    # Only the owner makes a table.
    with connected_as_owner():
        _execute("DROP TABLE IF EXISTS plain_match")
        return _seconds(lambda: _execute(sql, clearing=clearing))


def _seconds(work: Any) -> float:
    started = perf_counter()
    work()
    return round(perf_counter() - started, 2)


def _execute(sql: str, **parameters: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET work_mem = '256MB'")
        cursor.execute(sql, parameters)


def _books() -> tuple[UUID, UUID, UUID]:
    from foundation.tenancy.models import Merchant
    from foundation.transactions import owns_transaction
    from ledger.steps import open_account

    merchant_id = Merchant.objects.create(name="Bench", default_currency="usd").id
    opened = owns_transaction(open_account)
    clearing, sales = (
        opened(merchant_id=merchant_id, path=path, currency="usd", never_negative=False)
        for path in (f"assets/psp_clearing/{ACCOUNT}", "income/sales")
    )
    return merchant_id, clearing, sales


def _fill(merchant_id: UUID, clearing: UUID, sales: UUID) -> None:
    from foundation.rights.owner import connected_as_owner

    named = {
        "merchant": merchant_id,
        "clearing": clearing,
        "sales": sales,
        "day": f"{DAY}+00",
        "lines": LINES,
    }
    with connected_as_owner():
        _execute("SET session_replication_role = replica")
        _execute(ENTRIES, **named)
        _execute(POSTINGS, **named)
        _execute("SET session_replication_role = origin")
        _execute("ANALYZE ledger_journalentry, ledger_posting")


def _write_report(path: Path) -> int:
    """Stripe's itemised balance report of the same captures, in another order than they were booked."""
    header = (
        "balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,"
        "source_id,description,payment_intent_id\n"
    )
    step = 7_919
    with path.open("w") as file:
        file.write(header)
        for place in range(LINES):
            number = place * step % LINES + 1
            if number % MISSING_EVERY:
                file.write(
                    f"txn_{number},{DAY},{DAY},usd,9.41,0.00,9.41,charge,ch_{number},Order,pi_{number}\n"
                )
    return path.stat().st_size


def _import(merchant_id: UUID, report: Path) -> None:
    from ledger.reconciliation.operations.import_settlement import import_settlement

    with report.open("rb") as file:
        import_settlement(
            merchant_id=merchant_id,
            psp_account=ACCOUNT,
            format="stripe_balance",
            file=file,
            file_name=report.name,
        )


def _reconcile(merchant_id: UUID, day: int = 0) -> dict[str, Any]:
    from datetime import UTC, datetime

    from ledger.reconciliation.operations.reconcile import reconcile

    started = perf_counter()
    run = reconcile(merchant_id=merchant_id, as_of_at=datetime(2026, 12, 30 + day, tzinfo=UTC))
    seconds = round(perf_counter() - started, 2)
    return {
        "reconcile_seconds": seconds,
        "matched": run.matched,
        "breaks": run.breaks_open,
        "ties_out": run.ties_out,
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "payments_site.settings.local")
    print(json.dumps(main(), indent=2))
