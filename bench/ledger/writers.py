"""Entries per second by 1, 2 and 8 processes: single and bulk, on one hot account and on spread ones, beside plain SQL.

Each process writes to the same pair of accounts (hot: what every payment of a merchant does) or to a pair of its own
(spread). The plain writers insert the same rows into copies of our tables that have the indexes and nothing else.
django-hordak is measured beside it, in hordak.py.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any
from uuid import UUID

import django

PROCESSES = (1, 2, 8)
SINGLE_ENTRIES = 4_000
BULK_ENTRIES = 60_000
START_TIMEOUT_SECONDS = 60
RUN_TIMEOUT_SECONDS = 600


def main() -> dict[str, Any]:
    """Entries per second over all processes, and how a hot account compares with spread ones."""
    django.setup()
    from bench.ledger.postings import _database, _merchant

    with _database():
        merchant_id = _merchant()
        result: dict[str, Any] = {"unit": "entries per second over all processes, two postings to an entry"}
        for processes in PROCESSES:
            result[f"{processes}_processes"] = _measure(merchant_id, processes)
        return result


def _measure(merchant_id: UUID, processes: int) -> dict[str, Any]:
    rates = {
        "single_hot": _rate(_single, merchant_id, processes, SINGLE_ENTRIES, is_hot=True),
        "single_spread": _rate(_single, merchant_id, processes, SINGLE_ENTRIES, is_hot=False),
        "single_plain_sql": _plain_rate(_plain_single, merchant_id, processes, SINGLE_ENTRIES),
        "bulk_hot": _rate(_bulk, merchant_id, processes, BULK_ENTRIES, is_hot=True),
        "bulk_plain_sql": _plain_rate(_plain_bulk, merchant_id, processes, BULK_ENTRIES),
    }
    return rates | {
        "single_to_plain_percent": round(100 * rates["single_hot"] / rates["single_plain_sql"]),
        "hot_to_spread_percent": round(100 * rates["single_hot"] / rates["single_spread"]),
    }


def _plain_rate(work: Callable[..., None], merchant_id: UUID, processes: int, entries: int) -> int:
    from bench.ledger.postings import _make_plain_tables

    _make_plain_tables()
    return _rate(work, merchant_id, processes, entries, is_hot=True)


def _rate(work: Callable[..., None], merchant_id: UUID, processes: int, entries: int, *, is_hot: bool) -> int:
    from django.db import connection

    database = connection.settings_dict["NAME"]
    connection.close()
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(processes + 1)
    each = entries // processes
    writers = [
        context.Process(target=_writer, args=(work, database, merchant_id, number, each, is_hot, start))
        for number in range(processes)
    ]
    for writer in writers:
        writer.start()
    start.wait(START_TIMEOUT_SECONDS)
    started = perf_counter()
    for writer in writers:
        writer.join(RUN_TIMEOUT_SECONDS)
    seconds = perf_counter() - started
    if any(writer.exitcode != 0 for writer in writers):
        raise RuntimeError("A writer did not finish.")
    return round(each * processes / seconds)


def _writer(
    work: Callable[..., None],
    database: str,
    merchant_id: UUID,
    number: int,
    entries: int,
    is_hot: bool,
    start: Any,
) -> None:
    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = database
    clearing = "assets/psp_clearing/psp_bench" if is_hot else f"assets/psp_clearing/psp_{number}"
    sales = "income/sales" if is_hot else f"income/sales/{number}"
    prefix = f"{work.__name__}:{is_hot}:{datetime.now(UTC).timestamp()}:{number}"
    work(merchant_id, clearing, sales, prefix + ":warm", 10, lambda: None)
    work(merchant_id, clearing, sales, prefix, entries, lambda: start.wait(START_TIMEOUT_SECONDS))
    connection.close()


def _lines(clearing: str, sales: str) -> list[Any]:
    from foundation.money import Money
    from ledger.steps import Line

    return [Line(clearing, Money(100, "usd")), Line(sales, Money(-100, "usd"))]


def _single(
    merchant_id: UUID, clearing: str, sales: str, prefix: str, entries: int, ready: Callable[[], Any]
) -> None:
    """One transaction to an entry, as a payment posts it."""
    from foundation.transactions import owns_transaction
    from ledger.steps import post_entry

    post = owns_transaction(post_entry)
    ready()
    for n in range(entries):
        post(
            merchant_id=merchant_id,
            kind="capture",
            reference=f"{prefix}:{n}",
            lines=_lines(clearing, sales),
            source_kind="payment_intent",
            source_id=None,
            effective_at=datetime.now(UTC),
        )


def _bulk(
    merchant_id: UUID, clearing: str, sales: str, prefix: str, entries: int, ready: Callable[[], Any]
) -> None:
    """A thousand entries to a statement and a transaction."""
    from foundation.transactions import owns_transaction
    from ledger.steps import NewEntry, post_entries
    from ledger.steps.post_entries import BATCH

    post = owns_transaction(post_entries)
    ready()
    for first in range(0, entries, BATCH):
        now = datetime.now(UTC)
        batch = [
            NewEntry("capture", f"{prefix}:{n}", _lines(clearing, sales), now, "payment_intent")
            for n in range(first, min(first + BATCH, entries))
        ]
        post(merchant_id=merchant_id, entries=batch)


def _plain_single(
    merchant_id: UUID, clearing: str, sales: str, prefix: str, entries: int, ready: Callable[[], Any]
) -> None:
    import psycopg
    from django.db import connection

    from bench.ledger.postings import PLAIN_ENTRY, PLAIN_POSTINGS, _psycopg_parameters
    from foundation.ids import new_id

    debit, credit, now = new_id(), new_id(), datetime.now(UTC)
    with psycopg.connect(**_psycopg_parameters(connection)) as plain:
        ready()
        for n in range(entries):
            entry_id = new_id()
            with plain.transaction():
                plain.execute(PLAIN_ENTRY, [entry_id, merchant_id, f"{prefix}:{n}", now, now, bytes(32)])
                plain.execute(PLAIN_POSTINGS, [merchant_id, entry_id, debit, merchant_id, entry_id, credit])


def _plain_bulk(
    merchant_id: UUID, clearing: str, sales: str, prefix: str, entries: int, ready: Callable[[], Any]
) -> None:
    import psycopg
    from django.db import connection

    from bench.ledger.postings import PLAIN_ENTRIES, PLAIN_POSTINGS_OF_ENTRIES, _psycopg_parameters
    from foundation.ids import new_id

    debit, credit, now = new_id(), new_id(), datetime.now(UTC)
    with psycopg.connect(**_psycopg_parameters(connection)) as plain:
        ready()
        for first in range(0, entries, 1_000):
            numbers = range(first, min(first + 1_000, entries))
            ids = [new_id() for _ in numbers]
            references = [f"{prefix}:{n}" for n in numbers]
            with plain.transaction():
                plain.execute(PLAIN_ENTRIES, [merchant_id, now, now, bytes(32), ids, references])
                plain.execute(PLAIN_POSTINGS_OF_ENTRIES, [merchant_id, ids, debit, credit])


if __name__ == "__main__":
    print(json.dumps(main(), indent=2))
