"""Matching: what a run looks at, COMPARE over it when it is much, the rules over the rest, all in the database."""

from __future__ import annotations

from typing import Any

from django.db import connection

from foundation.money import EXPONENTS
from foundation.transactions import joins_transaction
from ledger.models import OpenItem, ReconciliationRun, Statement
from ledger.reconciliation.accounts import CLEARING_PREFIX, TRANSIT
from ledger.reconciliation.movements import WRITE_OFF, is_fee_kind, registered_movements
from ledger.reconciliation.steps import compare_sql, rules_sql
from ledger.reconciliation.steps.post_exchanges import post_exchanges

PSP_LATE = "3 days"
BANK_LATE = "7 days"
TRANSFER = "10 days"
"""How long after it was sent a transfer without a name may still be the payout of that amount."""

FEW = 20_000
"""Up to so many rows are found by their keys; more are read as whole tables."""

# A sequence gives numbers in order, and this merchant's imports wait for the run: whatever they bring has a later one.
# Entries of transactions that are still under way have a later xid or none yet.
_MARKS = """
SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('ledger_statementline', 'id')::regclass), 0),
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint
"""


@joins_transaction
def match_lines(run: ReconciliationRun, *, since: ReconciliationRun | None) -> int:
    """Match every line and entry that can be. How many lines were matched.

    since: the merchant's last run; None: look at everything again.
    Leaves, until the transaction ends, the temporary tables that open_breaks and tie_out read. Writes
    ReconciliationMatches, OpenItems, the entries of post_exchanges, and the marks of the run, which the caller saves.
    """
    parameters = parameters_of(run)
    with connection.cursor() as cursor:
        cursor.execute(compare_sql.LIMITS)
        cursor.execute(compare_sql.RULES)
        cursor.execute(compare_sql.TABLES)
        cursor.execute(_MARKS)
        run.lines_up_to, run.items_up_to = cursor.fetchone()
        run.accounts_stated = _count_stated(run)
        _fill_tables(cursor, parameters)
        since = since if since and _can_follow(run, since) else None
        run.is_full = since is None
        exact = _compare(cursor, parameters, since)
        matched = _apply_rules(cursor, parameters)
        post_exchanges(run)
        cursor.execute(compare_sql.KEEP_OPEN, parameters)
    run.items_open = OpenItem.objects.for_merchant(run.merchant_id).count()
    return exact + matched


def parameters_of(run: ReconciliationRun) -> dict[str, Any]:
    return {
        "merchant": run.merchant_id,
        "run": run.id,
        "clearing": CLEARING_PREFIX,
        "transit": TRANSIT,
        "write_off": WRITE_OFF,
        "psp_late": PSP_LATE,
        "bank_late": BANK_LATE,
        "transfer": TRANSFER,
        "currencies": list(EXPONENTS),
        "exponents": list(EXPONENTS.values()),
    }


def _count_stated(run: ReconciliationRun) -> int:
    rows = Statement.objects.for_merchant(run.merchant_id).order_by()
    return rows.values("source", "psp_account").distinct().count()


def _can_follow(run: ReconciliationRun, since: ReconciliationRun) -> bool:
    """Not after a first statement of an account, whose older entries nobody looked at; nor when the open items are
    not those that the last run left, or the database counts its transactions anew (it was restored from a dump)."""
    if since.lines_up_to is None or since.items_up_to is None or run.items_up_to is None:
        return False
    return (
        since.accounts_stated == run.accounts_stated
        and since.items_up_to <= run.items_up_to
        and since.items_open == OpenItem.objects.for_merchant(run.merchant_id).count()
    )


def _fill_tables(cursor: Any, parameters: dict[str, Any]) -> None:
    movements = registered_movements()
    fees = [is_fee_kind(kind) for kind in movements]
    cursor.execute(compare_sql.FILL_KINDS, [list(movements), list(movements.values()), fees])
    cursor.execute(compare_sql.FILL_ACCOUNTS, parameters)
    cursor.execute(compare_sql.FEW_ROWS)
    cursor.execute(compare_sql.FILL_PAYOUTS)
    cursor.execute(compare_sql.FILL_ENDED, parameters)


def _compare(cursor: Any, parameters: dict[str, Any], since: ReconciliationRun | None) -> int:
    """Fill rest_lines and rest_items. How many lines COMPARE has matched before."""
    exact = 0
    is_much = since is None
    if since is not None:
        marks = {"lines_after": since.lines_up_to, "items_from": str(since.items_up_to)}
        cursor.execute(compare_sql.FILL_LINE_IDS, parameters | marks)
        cursor.execute(compare_sql.FILL_ENTRY_IDS, parameters | marks)
        is_much = _holds_much(cursor)
    if is_much:
        cursor.execute(compare_sql.WHOLE_TABLES)
        compare = compare_sql.COMPARE_EVERYTHING if since is None else compare_sql.COMPARE_NEW
        cursor.execute(compare, parameters)
        cursor.execute(compare_sql.TAKE_OUT_TWICE)
        cursor.execute("SET LOCAL enable_sort = on")
        cursor.execute(compare_sql.STORE_EQUAL, parameters)
        exact = int(cursor.rowcount)
        cursor.execute(compare_sql.KEEP_THE_REST)
    cursor.execute(compare_sql.WHOLE_TABLES if _holds_much(cursor) else compare_sql.FEW_ROWS)
    cursor.execute(compare_sql.FILL_REST_LINES, parameters)
    cursor.execute(compare_sql.FILL_REST_ITEMS, parameters)
    cursor.execute("ANALYZE rest_lines, rest_items")
    return exact


def _holds_much(cursor: Any) -> bool:
    cursor.execute("SELECT (SELECT count(*) FROM line_ids) + (SELECT count(*) FROM entry_ids)")
    return int(cursor.fetchone()[0]) > FEW


def _apply_rules(cursor: Any, parameters: dict[str, Any]) -> int:
    cursor.execute(compare_sql.RULES)
    for rule in rules_sql.RULES:
        cursor.execute(rule, parameters)
        cursor.execute(compare_sql.TAKE_OUT_MATCHED)
    cursor.execute(compare_sql.STORE_MATCHES, parameters)
    cursor.execute(rules_sql.SET_REVERSED_ASIDE)
    cursor.execute("SELECT count(DISTINCT line_id) FROM new_matches")
    return int(cursor.fetchone()[0])
