"""Balances: a snapshot plus the postings since; as of an instant, from whichever end is nearer: the present, or
the closed period before it.

`ledger_balance(account)` of migration 0002 is the one definition of the present balance; the guard uses it
too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import DecimalField, Func, QuerySet

from foundation import clock
from foundation.errors import ResourceMissing
from foundation.money import Money
from ledger.models import LedgerAccount
from ledger.paths import DEBIT, rule_of
from ledger.queries.periods import find_frozen_period

CLEARING_PREFIX = "assets/psp_clearing"

_NOW = """
SELECT a.id, a.path, a.type, a.currency, a.normal_side, a.guard, b.debits, b.credits
FROM ledger_ledgeraccount a CROSS JOIN LATERAL ledger_balance(a.id) b
WHERE a.merchant_id = %(merchant)s AND {which}
ORDER BY a.path, a.currency
"""

# Materialized here and below: the planner expects one account, and would sum the entries again for each.
# The present less what came later: cheap for a recent instant, whatever the age of the books.
_AS_OF_EFFECTIVE = """
WITH later AS MATERIALIZED (
    SELECT p.account_id,
           coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0) AS debits,
           coalesce(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0) AS credits
    FROM ledger_journalentry e JOIN ledger_posting p ON p.entry_id = e.id
    WHERE e.merchant_id = %(merchant)s AND e.effective_at > %(effective_at)s
        AND (%(account)s::uuid IS NULL OR p.account_id = %(account)s)
    GROUP BY p.account_id
)
SELECT a.id, a.path, a.type, a.currency, a.normal_side, a.guard,
       b.debits - coalesce(later.debits, 0), b.credits - coalesce(later.credits, 0)
FROM ledger_ledgeraccount a
CROSS JOIN LATERAL ledger_balance(a.id) b
LEFT JOIN later ON later.account_id = a.id
WHERE a.merchant_id = %(merchant)s AND {which}
ORDER BY a.path, a.currency
"""

# What a closed period kept, and what came between its end and the instant. No rows when the period has been
# opened again meanwhile.
_AS_OF_EFFECTIVE_SINCE_PERIOD = """
WITH since AS MATERIALIZED (
    SELECT p.account_id,
           coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0) AS debits,
           coalesce(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0) AS credits
    FROM ledger_journalentry e JOIN ledger_posting p ON p.entry_id = e.id
    WHERE e.merchant_id = %(merchant)s AND e.effective_at >= %(since)s AND e.effective_at <= %(effective_at)s
        AND (%(account)s::uuid IS NULL OR p.account_id = %(account)s)
    GROUP BY p.account_id
)
SELECT a.id, a.path, a.type, a.currency, a.normal_side, a.guard,
       coalesce(kept.debits, 0) + coalesce(since.debits, 0),
       coalesce(kept.credits, 0) + coalesce(since.credits, 0)
FROM ledger_accountingperiod c
JOIN ledger_ledgeraccount a ON a.merchant_id = c.merchant_id
LEFT JOIN ledger_periodbalance kept ON kept.period_id = c.id AND kept.account_id = a.id
LEFT JOIN since ON since.account_id = a.id
WHERE c.id = %(period)s AND c.merchant_id = %(merchant)s AND c.status = 'closed' AND {which}
ORDER BY a.path, a.currency
"""

# Every posting of the account is read: a question for auditors, not for pages.
_AS_OF_RECORDED = """
SELECT a.id, a.path, a.type, a.currency, a.normal_side, a.guard,
       coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0),
       coalesce(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0)
FROM ledger_ledgeraccount a
LEFT JOIN (
    ledger_posting p JOIN ledger_journalentry e ON e.id = p.entry_id
        AND e.effective_at <= coalesce(%(effective_at)s, 'infinity'::timestamptz)
        AND e.recorded_at <= coalesce(%(recorded_at)s, 'infinity'::timestamptz)
) ON p.account_id = a.id
WHERE a.merchant_id = %(merchant)s AND {which}
GROUP BY a.id
ORDER BY a.path, a.currency
"""

_EVERY = "true"
_NAMED = "a.path = ANY (%(paths)s)"
_ONE = "a.path = %(path)s AND a.currency = %(currency)s"
_ONE_ID = "a.id = %(account)s"
_IDS = "a.id = ANY (%(ids)s)"
_BELOW = "(a.path = %(prefix)s OR starts_with(a.path, %(prefix)s || '/'))"


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """Sums in minor units, both positive or zero. account_id is None before the first posting."""

    account_id: UUID | None
    path: str
    type: str
    currency: str
    normal_side: str
    guard: str
    debits_minor: int
    credits_minor: int

    @property
    def net_debit(self) -> Money:
        """Debits less credits, whatever the account."""
        return Money(self.debits_minor - self.credits_minor, self.currency)

    @property
    def balance(self) -> Money:
        """Positive when the account stands on its normal side."""
        return self.net_debit if self.normal_side == DEBIT else -self.net_debit


def get_balance(merchant_id: UUID, path: str, currency: str) -> AccountBalance:
    """The present balance; zero for an account that nothing was posted to yet. Raises AccountPathInvalid."""
    found = _rows(_NOW, _ONE, merchant_id, path=path, currency=currency)
    if found:
        return found[0]
    rule = rule_of(path)
    return AccountBalance(None, path, rule.type, currency, rule.normal_side, "none", 0, 0)


def get_balances(merchant_id: UUID, paths: Iterable[str]) -> list[AccountBalance]:
    """The present balances of the named accounts in every currency they have, by path, currency."""
    return _rows(_NOW, _NAMED, merchant_id, paths=list(paths))


def list_accounts_with_balances(merchant_id: UUID, *, below: str | None = None) -> list[AccountBalance]:
    """Every account of the merchant, or those at and below a path, with their present balances."""
    if below is None:
        return _rows(_NOW, _EVERY, merchant_id)
    return _rows(_NOW, _BELOW, merchant_id, prefix=below)


def get_clearing_balances(merchant_id: UUID) -> list[AccountBalance]:
    """What each PSP account owes us, per currency, by the books."""
    return list_accounts_with_balances(merchant_id, below=CLEARING_PREFIX)


def list_balances_as_of(
    merchant_id: UUID,
    *,
    effective_at: datetime | None = None,
    recorded_at: datetime | None = None,
    below: str | None = None,
    account_ids: Iterable[UUID] | None = None,
) -> list[AccountBalance]:
    """Every account, or those at and below a path, or those named, as it stood at an instant, itself included.

    effective_at: counting what had happened by then. recorded_at: counting what the books knew by then. Both:
    what they knew then about what had happened by then. Neither: now.
    """
    which, said = _EVERY, dict[str, Any]()
    if account_ids is not None:
        which, said = _IDS, {"ids": list(account_ids)}
    elif below is not None:
        which, said = _BELOW, {"prefix": below}
    return _as_of(merchant_id, which, effective_at, recorded_at, said)


def get_account_balance_as_of(
    merchant_id: UUID,
    account_id: UUID,
    *,
    effective_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> AccountBalance:
    """One account, as list_balances_as_of. Raises ResourceMissing."""
    found = _as_of(merchant_id, _ONE_ID, effective_at, recorded_at, {"account": account_id})
    if not found:
        raise ResourceMissing("No such ledger account.")
    return found[0]


def _as_of(
    merchant_id: UUID,
    which: str,
    effective_at: datetime | None,
    recorded_at: datetime | None,
    said: dict[str, Any],
) -> list[AccountBalance]:
    if effective_at is None and recorded_at is None:
        return _rows(_NOW, which, merchant_id, **said)
    said = {"account": None, "effective_at": effective_at, "recorded_at": recorded_at} | said
    if effective_at is None or recorded_at is not None:
        return _rows(_AS_OF_RECORDED, which, merchant_id, **said)
    period = find_frozen_period(merchant_id, effective_at)
    if period is not None and effective_at - period.ends_at < clock.now() - effective_at:
        since = {"period": period.id, "since": period.ends_at}
        if found := _rows(_AS_OF_EFFECTIVE_SINCE_PERIOD, which, merchant_id, **since, **said):
            return found
    return _rows(_AS_OF_EFFECTIVE, which, merchant_id, **said)


class _NetDebit(Func):
    template = "(SELECT b.debits - b.credits FROM ledger_balance(%(expressions)s) b)"
    output_field = DecimalField(max_digits=38, decimal_places=0)


def with_net_debits(accounts: QuerySet[LedgerAccount]) -> QuerySet[LedgerAccount]:
    """The same accounts, each with net_debit_minor: present debits less credits, for the rows read."""
    return accounts.annotate(net_debit_minor=_NetDebit("id"))


def _rows(sql: str, which: str, merchant_id: UUID, **parameters: Any) -> list[AccountBalance]:
    with connection.cursor() as cursor:
        cursor.execute(sql.format(which=which), {"merchant": merchant_id, **parameters})
        rows = cursor.fetchall()
    return [
        AccountBalance(account_id, path, type_, currency, normal_side, guard, int(debits), int(credits))
        for account_id, path, type_, currency, normal_side, guard, debits, credits in rows
    ]
