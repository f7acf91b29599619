"""Matching: COMPARE over everything unmatched, then the rules over what it left, all in the database."""

from __future__ import annotations

from typing import Any

from django.db import connection

from foundation.transactions import joins_transaction
from ledger.models import ReconciliationRun
from ledger.reconciliation.accounts import CLEARING_PREFIX, TRANSIT
from ledger.reconciliation.movements import WRITE_OFF, registered_movements
from ledger.reconciliation.steps import compare_sql, rules_sql

PSP_LATE = "3 days"
BANK_LATE = "7 days"
TRANSFER = "10 days"
"""How long after it was sent a transfer without a name may still be the payout of that amount."""


@joins_transaction
def match_lines(run: ReconciliationRun) -> int:
    """Match every line and entry of the run's merchant that can be. How many lines were matched.

    Leaves, until the transaction ends, the temporary tables that open_breaks and tie_out read. Writes
    ReconciliationMatches.
    """
    parameters = parameters_of(run)
    with connection.cursor() as cursor:
        cursor.execute(compare_sql.SETTINGS)
        cursor.execute(compare_sql.TABLES)
        movements = registered_movements()
        cursor.execute(compare_sql.FILL_KINDS, [list(movements), list(movements.values())])
        cursor.execute(compare_sql.FILL_ACCOUNTS, parameters)
        cursor.execute("ANALYZE compared_accounts, entry_kinds")
        cursor.execute(compare_sql.COMPARE, parameters)
        exact = int(cursor.fetchone()[0])
        cursor.execute("SET LOCAL enable_sort = on")
        cursor.execute("SELECT EXISTS (SELECT 1 FROM rest_keys)")
        if cursor.fetchone() == (True,):
            cursor.execute(compare_sql.FILL_REST_LINES, parameters)
            cursor.execute(compare_sql.FILL_REST_ITEMS, parameters)
            cursor.execute("ANALYZE rest_lines, rest_items")
            for rule in rules_sql.RULES:
                cursor.execute(rule, parameters)
                cursor.execute(compare_sql.TAKE_OUT_MATCHED)
            cursor.execute(compare_sql.STORE_MATCHES, parameters)
            cursor.execute(rules_sql.SET_REVERSED_ASIDE)
        cursor.execute("SELECT count(DISTINCT line_id) FROM new_matches")
        return exact + int(cursor.fetchone()[0])


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
    }
