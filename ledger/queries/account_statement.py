"""The statement of one account: what it stood at, every line with the balance after it, what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from foundation.money import Money
from ledger.models import LedgerAccount
from ledger.paths import DEBIT
from ledger.queries.accounts import get_account
from ledger.queries.balances import get_account_balance_as_of

PAGE_LINES = 200
_INSTANT = timedelta(microseconds=1)

# In order of effect, and of writing where that is the same.
_LINES = """
SELECT e.id, p.line, e.reference, e.kind, e.description, e.source_kind, e.source_id, e.external_reference,
       e.effective_at, e.recorded_at, p.amount_minor
FROM ledger_journalentry e JOIN ledger_posting p ON p.entry_id = e.id
WHERE e.merchant_id = %(merchant)s AND p.account_id = %(account)s
    AND e.effective_at >= %(starts_at)s AND e.effective_at < %(ends_at)s
    AND (%(after_id)s::uuid IS NULL
         OR (e.effective_at, e.id, p.line) > (%(after_at)s, %(after_id)s, %(after_line)s))
ORDER BY e.effective_at, e.id, p.line
LIMIT %(limit)s
"""

_BROUGHT_FORWARD = """
SELECT coalesce(sum(p.amount_minor), 0)
FROM ledger_journalentry e JOIN ledger_posting p ON p.entry_id = e.id
WHERE e.merchant_id = %(merchant)s AND p.account_id = %(account)s
    AND e.effective_at >= %(starts_at)s AND e.effective_at <= %(after_at)s
    AND (e.effective_at, e.id, p.line) <= (%(after_at)s, %(after_id)s, %(after_line)s)
"""


@dataclass(frozen=True, slots=True)
class Position:
    """A line of a statement, to go on after it."""

    effective_at: datetime
    entry_id: UUID
    line: int


@dataclass(frozen=True, slots=True)
class AccountStatementLine:
    """amount: debit positive. balance: after this line, positive on the account's normal side."""

    position: Position
    reference: str
    kind: str
    description: str
    source_kind: str
    source_id: UUID | None
    external_reference: str
    recorded_at: datetime
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """opening: before starts_at. brought_forward: before the first line of this page. closing: at ends_at.

    Balances are positive on the account's normal side. next_after: where the next page begins, None on the last.
    """

    account: LedgerAccount
    starts_at: datetime
    ends_at: datetime
    opening: Money
    brought_forward: Money
    lines: list[AccountStatementLine]
    closing: Money
    next_after: Position | None


def get_account_statement(
    merchant_id: UUID,
    account_id: UUID,
    *,
    starts_at: datetime,
    ends_at: datetime,
    after: Position | None = None,
    limit: int = PAGE_LINES,
) -> AccountStatement:
    """What was dated from starts_at on and before ends_at. after: the last line of the page before.

    Raises ResourceMissing.
    """
    account = get_account(merchant_id, account_id)
    scope: dict[str, Any] = {
        "merchant": merchant_id,
        "account": account_id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "after_at": after.effective_at if after else None,
        "after_id": after.entry_id if after else None,
        "after_line": after.line if after else None,
    }
    opening = get_account_balance_as_of(merchant_id, account_id, effective_at=starts_at - _INSTANT)
    forward = opening.net_debit.amount_minor
    if after is not None:
        forward += int(_fetch(_BROUGHT_FORWARD, scope)[0][0])
    rows = _fetch(_LINES, scope | {"limit": limit + 1})
    lines = _with_balances(account, forward, rows[:limit])
    closing = get_account_balance_as_of(merchant_id, account_id, effective_at=ends_at - _INSTANT)
    return AccountStatement(
        account=account,
        starts_at=starts_at,
        ends_at=ends_at,
        opening=opening.balance,
        brought_forward=_on_normal_side(account, forward),
        lines=lines,
        closing=closing.balance,
        next_after=lines[-1].position if len(rows) > limit else None,
    )


def _with_balances(
    account: LedgerAccount, forward: int, rows: list[tuple[Any, ...]]
) -> list[AccountStatementLine]:
    lines = []
    for entry_id, line, reference, kind, description, source_kind, source_id, external, *rest in rows:
        effective_at, recorded_at, amount_minor = rest
        forward += amount_minor
        lines.append(
            AccountStatementLine(
                position=Position(effective_at, entry_id, line),
                reference=reference,
                kind=kind,
                description=description,
                source_kind=source_kind,
                source_id=source_id,
                external_reference=external,
                recorded_at=recorded_at,
                amount=Money(amount_minor, account.currency),
                balance=_on_normal_side(account, forward),
            )
        )
    return lines


def _on_normal_side(account: LedgerAccount, net_debit_minor: int) -> Money:
    return Money(net_debit_minor if account.normal_side == DEBIT else -net_debit_minor, account.currency)


def _fetch(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
