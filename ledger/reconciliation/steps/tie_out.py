"""Tie-out: per PSP account, source and currency, do the two sides differ by exactly the breaks?"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import connection

from foundation.money import EXPONENTS
from foundation.transactions import joins_transaction
from ledger.models import ReconciliationRun, ReconciliationTie, Source, Statement
from ledger.queries.balances import list_balances_as_of
from ledger.reconciliation.accounts import CLEARING_PREFIX
from ledger.reconciliation.steps import tie_sql

Key = tuple[str, str, str]
"""(source, psp account, currency)"""


@joins_transaction
def tie_out(run: ReconciliationRun) -> list[ReconciliationTie]:
    """After open_breaks: what each account came to at run.as_of_at. Writes ReconciliationTies.

    The difference is what neither a break nor a movement on its way explains: zero, or something is wrong with
    the matching, the books or the file. Accounts that no statement was ever imported for are left out.
    """
    figures: dict[Key, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    parameters = {"merchant": run.merchant_id, "as_of": run.as_of_at}
    with connection.cursor() as cursor:
        for source, account, currency, closing, matched in _rows(cursor, tie_sql.LINES, parameters):
            figures[source, account, currency] |= {"closing": closing, "matched": matched}
        for source, account, currency, minor in _rows(cursor, tie_sql.BREAKS, parameters):
            figures[source, account, currency]["breaks"] = minor
        cursor.execute("SET LOCAL enable_nestloop = on")
        for source, account, currency, minor in _rows(cursor, tie_sql.ON_ITS_WAY, parameters):
            figures[source, account, currency]["on_its_way"] = minor
        for account, currency, minor in _rows(cursor, tie_sql.SENT, parameters):
            figures[Source.BANK.value, account, currency]["book"] = minor
        for source, account, currency, minor in _rows(cursor, tie_sql.STATED_GAPS, parameters):
            figures[source, account, currency]["gap"] = minor
    for balance in list_balances_as_of(
        run.merchant_id, effective_at=run.as_of_at, below="assets/psp_clearing"
    ):
        account = balance.path.removeprefix(CLEARING_PREFIX)
        figures[Source.PSP.value, account, balance.currency]["book"] = balance.net_debit.amount_minor
    statements = Statement.objects.for_merchant(run.merchant_id).order_by()
    known = set(statements.values_list("source", "psp_account").distinct())
    ties = [
        _tie(run, key, found)
        for key, found in sorted(figures.items())
        if key[:2] in known and key[2] in EXPONENTS
    ]
    ReconciliationTie.across_merchants.bulk_create(ties)
    return ties


def _rows(cursor: Any, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    cursor.execute(sql, parameters)
    return list(cursor.fetchall())


def _tie(run: ReconciliationRun, key: Key, found: dict[str, int]) -> ReconciliationTie:
    closing, book = found.get("closing", 0), found.get("book", 0)
    breaks, on_its_way = found.get("breaks", 0), found.get("on_its_way", 0)
    source, account, currency = key
    return ReconciliationTie(
        merchant_id=run.merchant_id,
        run=run,
        psp_account=account,
        source=source,
        currency=currency,
        opening_minor=0,
        matched_minor=found.get("matched", 0),
        breaks_minor=breaks,
        closing_minor=closing,
        book_minor=book,
        on_its_way_minor=on_its_way,
        difference_minor=closing - book - breaks + on_its_way + found.get("gap", 0),
    )
