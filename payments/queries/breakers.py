"""Reading circuit breakers: what people decided, and how every circuit of some accounts stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from foundation.resilience import breaker
from foundation.resilience.breaker import Reading
from payments.models import BreakerSwitch, PspAccount
from payments.psp.admission import circuit_of
from payments.psp.guard import OPERATIONS

MOST_SWITCHES = 10_000


@dataclass(frozen=True, slots=True)
class AccountBreakers:
    """One account's circuits, in the order of guard.OPERATIONS."""

    account: PspAccount
    readings: tuple[Reading, ...]


def list_standing_switches() -> list[BreakerSwitch]:
    """The newest decision about each circuit that was ever switched, whoever's account it is."""
    newest = BreakerSwitch.across_merchants.order_by("psp_account_id", "operation", "-id")
    return list(newest.distinct("psp_account_id", "operation")[:MOST_SWITCHES])


def list_newest_switches(accounts: Iterable[PspAccount]) -> dict[tuple[str, str], BreakerSwitch]:
    """By account's public id and operation: who decided last, and why."""
    wanted = Q(pk__in=[])
    for account in accounts:
        wanted |= Q(merchant_id=account.merchant_id, psp_account_id=account.id)
    rows = (
        BreakerSwitch.across_merchants.filter(wanted)
        .select_related("psp_account")
        .order_by("psp_account_id", "operation", "-id")
        .distinct("psp_account_id", "operation")
    )
    return {(row.psp_account.public_id, row.operation): row for row in rows}


def read_breakers(accounts: Sequence[PspAccount]) -> list[AccountBreakers]:
    """How the circuits stand now, in one round trip to Redis."""
    circuits = [circuit_of(account.public_id, operation) for account in accounts for operation in OPERATIONS]
    readings = breaker.read(circuits)
    width = len(OPERATIONS)
    return [
        AccountBreakers(account, tuple(readings[row * width : (row + 1) * width]))
        for row, account in enumerate(accounts)
    ]
