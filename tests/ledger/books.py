"""Short words for posting in tests: each opens the transaction an operation would own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from django.db import connection

from foundation.context import acting
from foundation.ids import new_id
from foundation.money import Money
from foundation.transactions import owns_transaction
from ledger import steps
from ledger.models import AccountingPeriod
from ledger.operations.close_period import close_period
from ledger.operations.freeze_period import freeze_period
from ledger.operations.roll_snapshots import roll_snapshots
from ledger.queries.verify import LEDGER_CHECKS, Verification, verify_books
from ledger.steps import Conversion, Line, NewEntry, PostedEntry

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

CLEARING = "assets/psp_clearing/psp_1"
SALES = "income/sales"


def usd(amount_minor: int) -> Money:
    return Money(amount_minor, "usd")


def captured(amount_minor: int, currency: str = "usd") -> list[Line]:
    amount = Money(amount_minor, currency)
    return [Line(CLEARING, amount), Line(SALES, -amount)]


@owns_transaction
def post(*, merchant_id: UUID, reference: str, lines: Sequence[Line], **said: Any) -> PostedEntry:
    said = {
        "kind": "capture",
        "source_kind": "payment_intent",
        "source_id": None,
        "effective_at": NOON,
    } | said
    return steps.post_entry(merchant_id=merchant_id, reference=reference, lines=lines, **said)


@owns_transaction
def post_all(*, merchant_id: UUID, entries: Sequence[NewEntry]) -> list[PostedEntry]:
    return steps.post_entries(merchant_id=merchant_id, entries=entries)


def entry(reference: str, lines: Sequence[Line], kind: str = "capture") -> NewEntry:
    return NewEntry(kind=kind, reference=reference, lines=lines, effective_at=NOON)


@owns_transaction
def reverse(*, merchant_id: UUID, entry_id: UUID, reference: str) -> PostedEntry:
    return steps.reverse_entry(
        merchant_id=merchant_id, entry_id=entry_id, reference=reference, effective_at=NOON
    )


@owns_transaction
def open_account(*, merchant_id: UUID, path: str, never_negative: bool) -> UUID:
    return steps.open_account(
        merchant_id=merchant_id, path=path, currency="usd", never_negative=never_negative
    )


@owns_transaction
def hold(
    *, merchant_id: UUID, reference: str, amount_minor: int, source_id: UUID | None = None
) -> steps.HeldAmount:
    return steps.open_hold(
        merchant_id=merchant_id,
        reference=reference,
        amount=usd(amount_minor),
        source_kind="payment_intent",
        source_id=source_id or new_id(),
        effective_at=NOON,
    )


@owns_transaction
def settle(
    *, merchant_id: UUID, hold_reference: str, reference: str, amount_minor: int, is_final: bool = True
) -> steps.HeldAmount:
    return steps.settle_hold(
        merchant_id=merchant_id,
        hold_reference=hold_reference,
        reference=reference,
        amount=usd(amount_minor),
        effective_at=NOON,
        is_final=is_final,
    )


def own_checks(merchant_id: UUID | None = None, *, limit: int = 20) -> Verification:
    """verify_books by the ledger's own checks: these books have no payments above them."""
    return verify_books(merchant_id, limit=limit, only=LEDGER_CHECKS)


def wait_for_older_transactions() -> None:
    """Until no transaction of the server is older than what was just written, at most 30 seconds.

    The server may be shared: a transaction in another database holds the snapshots back as well.
    """
    give_up_at = monotonic() + 30
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        (written,) = cursor.fetchone()
        while monotonic() < give_up_at:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot()) > %s::xid8", [written])
            if cursor.fetchone() == (True,):
                return
            sleep(0.01)
    raise TimeoutError("An older transaction of this PostgreSQL server has been open for 30 seconds.")


def roll_all() -> int:
    """Roll every snapshot up to what was just written."""
    wait_for_older_transactions()
    return roll_snapshots(min_postings=1)


@owns_transaction
def release(*, merchant_id: UUID, hold_reference: str, is_expired: bool = False) -> steps.HeldAmount:
    return steps.release_hold(
        merchant_id=merchant_id, hold_reference=hold_reference, effective_at=NOON, is_expired=is_expired
    )


def captured_on(day: datetime, reference: str, amount_minor: int, merchant_id: UUID) -> PostedEntry:
    return post(merchant_id=merchant_id, reference=reference, lines=captured(amount_minor), effective_at=day)


def closed(merchant_id: UUID, ends_at: datetime, *, by: str = "staff:ada") -> AccountingPeriod:
    """A closed period whose balances are kept. What the test posted before is checked now, as its commit would."""
    connection.check_constraints()
    with acting(actor=by):
        period = close_period(merchant_id=merchant_id, period_id=new_id(), ends_at=ends_at)
    freeze_period(merchant_id=merchant_id, period_id=period.id)
    return period


@owns_transaction
def exchange(
    *, merchant_id: UUID, reference: str, lines: Sequence[Line], conversions: Sequence[Conversion]
) -> PostedEntry:
    new = NewEntry(kind="conversion", reference=reference, lines=lines, effective_at=NOON)
    return steps.post_exchange(merchant_id=merchant_id, entry=new, conversions=conversions)
