"""A shop's books and what the PSP and the bank say of them, in short words."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from foundation.money import Money
from ledger.models import (
    JournalEntry,
    ReconciliationBreak,
    ReconciliationRun,
    ReconciliationTie,
    Statement,
)
from ledger.reconciliation.movements import register_movement
from ledger.reconciliation.operations.import_settlement import ImportedStatement, import_settlement
from ledger.reconciliation.operations.reconcile import reconcile
from ledger.reconciliation.queries.breaks import list_open_breaks
from ledger.steps import Line
from tests.ledger.books import NOON, post

ACCOUNT = "psp_1"
CLEARING = f"assets/psp_clearing/{ACCOUNT}"
TRANSIT = "assets/cash_in_transit"

# As payments registers them; a payout's kind is told for these tests alone.
PAYOUT_KIND = "test_payout_sent"
register_movement(PAYOUT_KIND, "payout")

HEADER = (
    "balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,"
    "description,automatic_payout_id,payment_intent_id"
)


@dataclass(frozen=True)
class Reported:
    """A row of Stripe's balance report; amounts as text in major units."""

    txn: str
    source: str
    gross: str
    fee: str
    net: str
    category: str = "charge"
    currency: str = "usd"
    at: datetime = NOON
    payout: str = ""
    intent: str = ""

    def but(self, **changes: Any) -> Reported:
        return replace(self, **changes)

    def row(self) -> str:
        at = self.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        return ",".join(
            [
                self.txn,
                at,
                at,
                self.currency,
                self.gross,
                self.fee,
                self.net,
                self.category,
                self.source,
                "",
                self.payout,
                self.intent,
            ]
        )


def report(*rows: Reported) -> bytes:
    return ("\n".join([HEADER, *(row.row() for row in rows)]) + "\n").encode()


def captured(
    merchant_id: UUID,
    number: int,
    gross: int = 1000,
    fee: int = 59,
    *,
    at: datetime = NOON,
    currency: str = "usd",
) -> UUID:
    """A capture as payments posts it: charge ch_<number>."""
    lines = [Line(CLEARING, Money(gross, currency)), Line("income/sales", Money(-gross, currency))]
    if fee:
        lines += [Line("expenses/psp_fees", Money(fee, currency)), Line(CLEARING, Money(-fee, currency))]
    return post(
        merchant_id=merchant_id,
        reference=f"capture:{number}",
        lines=lines,
        kind="payment_captured",
        effective_at=at,
        external_reference=f"ch_{number}",
    ).id


def late_fee(merchant_id: UUID, number: int, fee: int, *, part: int = 1) -> UUID:
    return post(
        merchant_id=merchant_id,
        reference=f"fee:{number}:{part}",
        lines=[Line("expenses/psp_fees", Money(fee, "usd")), Line(CLEARING, Money(-fee, "usd"))],
        kind="psp_fee",
        external_reference=f"ch_{number}",
    ).id


def refunded(merchant_id: UUID, number: int, amount: int = 1000) -> UUID:
    return post(
        merchant_id=merchant_id,
        reference=f"refund:{number}",
        lines=[Line("income/refunds", Money(amount, "usd")), Line(CLEARING, Money(-amount, "usd"))],
        kind="payment_refunded",
        external_reference=f"re_{number}",
    ).id


def paid_out(merchant_id: UUID, number: int, amount: int, *, at: datetime = NOON) -> UUID:
    return post(
        merchant_id=merchant_id,
        reference=f"payout:{number}",
        lines=[Line(TRANSIT, Money(amount, "usd")), Line(CLEARING, Money(-amount, "usd"))],
        kind=PAYOUT_KIND,
        effective_at=at,
        external_reference=f"po_{number}00",
    ).id


def charge_row(number: int, **changes: Any) -> Reported:
    """What the PSP says of captured(number)."""
    return Reported(f"txn_{number}", f"ch_{number}", "10.00", "0.59", "9.41").but(**changes)


def imported(
    merchant_id: UUID, content: bytes, format: str = "stripe_balance", **said: Any
) -> ImportedStatement:
    return import_settlement(
        merchant_id=merchant_id, psp_account=ACCOUNT, format=format, file=io.BytesIO(content), **said
    )


def statement_of(merchant_id: UUID, *rows: Reported) -> Statement:
    return imported(merchant_id, report(*rows)).statement


def run(merchant_id: UUID, **said: Any) -> ReconciliationRun:
    """A run, whose accounts add up by both equations."""
    said = {"as_of_at": NOON + timedelta(days=60)} | said
    done = reconcile(merchant_id=merchant_id, **said)
    for tie in ReconciliationTie.objects.for_merchant(merchant_id).filter(run=done):
        off = tie.difference_minor
        assert tie.opening_minor + tie.matched_minor + tie.breaks_minor == tie.closing_minor or off
        ours = tie.book_minor + tie.open_breaks_minor - tie.on_its_way_minor
        assert ours + off == tie.closing_minor or off
    return done


def ties_of(done: ReconciliationRun) -> dict[tuple[str, str], tuple[int, ...]]:
    """(source, currency) → opening, matched, breaks, closing, open breaks, book, on its way, difference."""
    ties = ReconciliationTie.objects.for_merchant(done.merchant_id).filter(run=done)
    return {
        (tie.source, tie.currency): (
            tie.opening_minor,
            tie.matched_minor,
            tie.breaks_minor,
            tie.closing_minor,
            tie.open_breaks_minor,
            tie.book_minor,
            tie.on_its_way_minor,
            tie.difference_minor,
        )
        for tie in ties
    }


def open_kinds(merchant_id: UUID) -> list[tuple[str, str]]:
    """(kind, reference) of every open break, sorted."""
    return sorted(list_open_breaks(merchant_id).values_list("kind", "reference"))


def one_break(merchant_id: UUID) -> ReconciliationBreak:
    return list_open_breaks(merchant_id).get()


def entry_of(merchant_id: UUID, reference: str) -> JournalEntry:
    return JournalEntry.objects.for_merchant(merchant_id).get(reference=reference)
