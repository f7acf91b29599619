"""Postings per second in one process, single and bulk, beside the same rows by plain psycopg SQL.

Every figure counts postings, two to an entry. The plain tables are copies of ours with the same columns,
defaults and indexes, without triggers and foreign keys: what the protection and Django cost together is the
distance between them. Run alone: `python -m bench.ledger.postings` with DATABASE_URL set; it works in a
database of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import perf_counter
from typing import Any
from uuid import UUID

import django

SINGLE_ENTRIES = 2_000
BULK_ENTRIES = 50_000
FLATNESS_STEPS = (1_000, 10_000, 100_000)
FLATNESS_SAMPLE = 1_000
# Now, as payments post: an older date looks twice whether its period is closed.
AT = datetime.now(UTC)

PLAIN_TABLES = """
CREATE TABLE plain_entry (LIKE ledger_journalentry INCLUDING ALL);
CREATE TABLE plain_posting (LIKE ledger_posting INCLUDING ALL);
"""
PLAIN_ENTRY = """
INSERT INTO plain_entry (id, merchant_id, kind, reference, effective_at, recorded_at, line_count, source_kind,
    source_id, external_reference, description, trace_id, request_id, actor, content_hash)
VALUES (%s, %s, 'capture', %s, %s, %s, 2, 'payment_intent', NULL, '', '', '', '', 'system', %s)
"""
PLAIN_POSTINGS = """
INSERT INTO plain_posting (merchant_id, entry_id, line, account_id, amount_minor, currency)
VALUES (%s, %s, 1, %s, 100, 'usd'), (%s, %s, 2, %s, -100, 'usd')
"""
PLAIN_ENTRIES = """
INSERT INTO plain_entry (id, merchant_id, kind, reference, effective_at, recorded_at, line_count, source_kind,
    source_id, external_reference, description, trace_id, request_id, actor, content_hash)
SELECT id, %s, 'capture', reference, %s, %s, 2, 'payment_intent', NULL, '', '', '', '', 'system', %s
FROM unnest(%s::uuid[], %s::text[]) AS e (id, reference)
"""
PLAIN_POSTINGS_OF_ENTRIES = """
INSERT INTO plain_posting (merchant_id, entry_id, line, account_id, amount_minor, currency)
SELECT %s, e.id, l.line, l.account, l.amount, 'usd'
FROM unnest(%s::uuid[]) AS e (id),
     (VALUES (1, %s::uuid, 100::bigint), (2, %s::uuid, -100::bigint)) AS l (line, account, amount)
"""


def main() -> dict[str, Any]:
    """Postings per second by way of posting, and the cost of one more entry as the journal grows."""
    django.setup()
    with _database():
        merchant_id = _merchant()
        result = {
            "unit": "postings per second, one process, two postings to an entry",
            "single_transaction_per_entry": _rate(SINGLE_ENTRIES, lambda: _post_singly(merchant_id)),
            "single_transaction_per_entry_plain_sql": _plain(merchant_id, _plain_singly, SINGLE_ENTRIES),
            "single_in_one_transaction": _rate(SINGLE_ENTRIES, lambda: _post_in_one_transaction(merchant_id)),
            "bulk": _bulk(merchant_id),
            "bulk_plain_sql": _plain(merchant_id, _plain_in_bulk, BULK_ENTRIES),
            "single_as_the_journal_grows": _flatness(merchant_id),
        }
        result["balance_read_ms"] = _balance_read_ms(merchant_id)
        return result


@contextmanager
def _database() -> Iterator[None]:
    """A fresh database on the server of DATABASE_URL, dropped afterwards."""
    from django.db import connection

    from foundation.rights.owner import connected_as_owner

    connection.settings_dict["TEST"]["NAME"] = f"bench_ledger_{os.getpid()}"
    before = connection.settings_dict["NAME"]
    with connected_as_owner():
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        with connected_as_owner():
            connection.creation.destroy_test_db(before, verbosity=0)


def _make_plain_tables() -> None:
    """As the owner; the application may read and add, as it may in the journal."""
    from django.db import connection

    from foundation.rights.owner import connected_as_owner

    with connected_as_owner(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS plain_entry, plain_posting")
        cursor.execute(PLAIN_TABLES)
        cursor.execute("ANALYZE")


def _merchant() -> UUID:
    from foundation.tenancy.models import Merchant

    merchant_id = Merchant.objects.create(name="Bench", default_currency="usd").id
    _post_one(merchant_id=merchant_id, reference="warm")
    return merchant_id


def _rate(entries: int, work: Callable[[], None]) -> int:
    started = perf_counter()
    work()
    return round(2 * entries / (perf_counter() - started))


def _lines() -> list[Any]:
    from foundation.money import Money
    from ledger.steps import Line

    return [
        Line("assets/psp_clearing/psp_bench", Money(100, "usd")),
        Line("income/sales", Money(-100, "usd")),
    ]


def _post(merchant_id: UUID, reference: str) -> None:
    from ledger.steps import post_entry

    post_entry(
        merchant_id=merchant_id,
        kind="capture",
        reference=reference,
        lines=_lines(),
        source_kind="payment_intent",
        source_id=None,
        effective_at=AT,
    )


def _post_one(*, merchant_id: UUID, reference: str) -> None:
    from foundation.transactions import owns_transaction

    owns_transaction(_post)(merchant_id, reference)


def _post_singly(merchant_id: UUID, prefix: str = "single", entries: int = SINGLE_ENTRIES) -> None:
    for number in range(entries):
        _post_one(merchant_id=merchant_id, reference=f"{prefix}:{number}")


def _post_in_one_transaction(merchant_id: UUID) -> None:
    from foundation.transactions import owns_transaction

    @owns_transaction
    def post_all() -> None:
        for number in range(SINGLE_ENTRIES):
            _post(merchant_id, f"joined:{number}")

    post_all()


def _bulk(merchant_id: UUID) -> int:
    batches = _batches("bulk", BULK_ENTRIES)
    return _rate(BULK_ENTRIES, lambda: _post_in_bulk(merchant_id, batches))


def _post_in_bulk(merchant_id: UUID, batches: list[list[Any]]) -> None:
    from foundation.transactions import owns_transaction
    from ledger.steps import post_entries

    post_batch = owns_transaction(post_entries)
    for batch in batches:
        post_batch(merchant_id=merchant_id, entries=batch)


def _batches(prefix: str, entries: int) -> list[list[Any]]:
    from ledger.steps import NewEntry
    from ledger.steps.post_entries import BATCH

    return [
        [
            NewEntry("capture", f"{prefix}:{number}", _lines(), AT, "payment_intent")
            for number in range(start, min(start + BATCH, entries))
        ]
        for start in range(0, entries, BATCH)
    ]


def _plain(merchant_id: UUID, work: Callable[[Any, UUID, UUID, UUID], None], entries: int) -> int:
    """The same rows with psycopg alone: its own connection, server-side parameters, prepared statements."""
    import psycopg

    from ledger.queries.balances import list_accounts_with_balances

    accounts = [account.account_id for account in list_accounts_with_balances(merchant_id)]
    from django.db import connection

    _make_plain_tables()
    with psycopg.connect(**_psycopg_parameters(connection)) as plain:
        return _rate(entries, lambda: work(plain, merchant_id, accounts[0], accounts[1]))


def _psycopg_parameters(connection: Any) -> dict[str, Any]:
    settings = connection.settings_dict
    named = {"dbname": "NAME", "host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    return {key: settings[name] for key, name in named.items() if settings.get(name)}


def _plain_singly(plain: Any, merchant_id: UUID, clearing: UUID, sales: UUID) -> None:
    from foundation.ids import new_id

    for number in range(SINGLE_ENTRIES):
        entry_id = new_id()
        with plain.transaction():
            plain.execute(PLAIN_ENTRY, [entry_id, merchant_id, f"single:{number}", AT, AT, bytes(32)])
            plain.execute(PLAIN_POSTINGS, [merchant_id, entry_id, clearing, merchant_id, entry_id, sales])


def _plain_in_bulk(plain: Any, merchant_id: UUID, clearing: UUID, sales: UUID) -> None:
    from foundation.ids import new_id

    for start in range(0, BULK_ENTRIES, 1_000):
        ids = [new_id() for _ in range(1_000)]
        references = [f"bulk:{number}" for number in range(start, start + 1_000)]
        with plain.transaction():
            plain.execute(PLAIN_ENTRIES, [merchant_id, AT, AT, bytes(32), ids, references])
            plain.execute(PLAIN_POSTINGS_OF_ENTRIES, [merchant_id, ids, clearing, sales])


def _flatness(merchant_id: UUID) -> dict[str, int]:
    """Single postings per second when the journal holds this many entries more."""
    rates, filled = {}, 0
    for size in FLATNESS_STEPS:
        _post_in_bulk(merchant_id, _batches(f"fill:{size}", size - filled))
        filled = size
        rates[f"after_{size}_entries"] = round(
            _rate(FLATNESS_SAMPLE, lambda size=size: _post_singly(merchant_id, f"at:{size}", FLATNESS_SAMPLE))
        )
    return rates


def _balance_read_ms(merchant_id: UUID) -> dict[str, float]:
    """One balance, before and after the snapshots are rolled forward."""
    from ledger.operations.roll_snapshots import roll_snapshots
    from ledger.queries.balances import get_balance

    def read_ms() -> float:
        started = perf_counter()
        get_balance(merchant_id, "income/sales", "usd")
        return round((perf_counter() - started) * 1_000, 2)

    without = read_ms()
    roll_snapshots(min_postings=1)
    return {"without_snapshot": without, "with_snapshot": min(read_ms() for _ in range(5))}


if __name__ == "__main__":
    print(json.dumps(main(), indent=2))
