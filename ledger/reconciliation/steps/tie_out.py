"""Tie out: opening + matched + breaks = closing, and our books beside it, per PSP account, source and currency."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from foundation.money import EXPONENTS
from foundation.transactions import joins_transaction
from ledger.models import ReconciliationRun, ReconciliationTie, Source, Statement
from ledger.queries.balances import list_balances_as_of
from ledger.reconciliation.accounts import CLEARING_PREFIX
from ledger.reconciliation.steps import compare_sql, tie_sql

Key = tuple[str, str, str]
"""(source, psp account, currency)"""

Figures = dict[Key, dict[str, int]]
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@joins_transaction
def tie_out(run: ReconciliationRun) -> list[ReconciliationTie]:
    """After open_breaks: what each account came to at run.as_of_at. Writes ReconciliationTies.

    The opening balance is the closing one of run.follows, as it was told then: a line that came late moves the figures
    of the run that first saw it. The difference is what neither a break nor a movement on its way explains: zero, or
    something is wrong with the matching, the books or the file. Accounts that no statement was ever imported for are
    left out.
    """
    figures: Figures = defaultdict(lambda: defaultdict(int))
    parameters = {"merchant": run.merchant_id, "as_of": run.as_of_at, **_since(run)}
    with connection.cursor() as cursor:
        _count_lines(cursor, run, parameters, figures)
        for source, account, currency, minor in _rows(cursor, tie_sql.BREAKS, parameters):
            figures[source, account, currency]["open_breaks"] = minor
        # Nested loops again, where a few rows are looked up.
        cursor.execute("SET LOCAL enable_nestloop = on")
        for source, account, currency, minor in _rows(cursor, tie_sql.ON_ITS_WAY, parameters):
            figures[source, account, currency]["on_its_way"] = minor
        for account, currency, minor in _rows(cursor, tie_sql.SENT, parameters):
            figures[Source.BANK.value, account, currency]["book"] += minor
        for account, currency, minor in _rows(cursor, tie_sql.WRITTEN_OFF_AT_BANK, parameters):
            figures[Source.BANK.value, account, currency]["book"] += minor
        for source, account, currency, moved, later in _rows(cursor, tie_sql.STATED, parameters):
            found = figures[source, account, currency]
            found["gap"] = moved + later - found["opening"] - found["lines"]
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


def _since(run: ReconciliationRun) -> dict[str, Any]:
    before = run.follows
    if before is None:
        return {"lines_after": 0, "since": _BEFORE_ALL}
    return {"lines_after": before.lines_up_to, "since": before.as_of_at}


def _count_lines(cursor: Any, run: ReconciliationRun, parameters: dict[str, Any], figures: Figures) -> None:
    if run.follows_id is not None:
        ties = ReconciliationTie.objects.for_merchant(run.merchant_id).filter(run=run.follows_id)
        for tie in ties:
            figures[tie.source, tie.psp_account, tie.currency]["opening"] = tie.closing_minor
    # Everything when the run follows none, a little otherwise.
    cursor.execute(compare_sql.RULES)
    for source, account, currency, total, matched, broken in _rows(cursor, tie_sql.LINES, parameters):
        figures[source, account, currency] |= {"lines": total, "matched": matched, "breaks": broken}


def _rows(cursor: Any, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    cursor.execute(sql, parameters)
    return list(cursor.fetchall())


def _tie(run: ReconciliationRun, key: Key, found: dict[str, int]) -> ReconciliationTie:
    opening, lines, matched, breaks = (found[name] for name in ("opening", "lines", "matched", "breaks"))
    closing = opening + lines
    beside_books = closing - found["book"] - found["open_breaks"] + found["on_its_way"] + found["gap"]
    unaccounted = lines - matched - breaks
    source, account, currency = key
    return ReconciliationTie(
        merchant_id=run.merchant_id,
        run=run,
        psp_account=account,
        source=source,
        currency=currency,
        opening_minor=opening,
        matched_minor=matched,
        breaks_minor=breaks,
        closing_minor=closing,
        open_breaks_minor=found["open_breaks"],
        book_minor=found["book"],
        on_its_way_minor=found["on_its_way"],
        # Either alone says that it does not tie out; a lost line shows in both by the same amount.
        difference_minor=beside_books or unaccounted,
    )
