"""The proof: the PSP's own books, our ledger and our rows, side by side, by currency, to the minor unit."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import requests

from disputes.queries.totals import DisputeTotals, read_dispute_totals, read_ledger_dispute_totals
from foundation.events.dispatching import is_behind
from foundation.events.handling import HANDLERS
from foundation.jobs.queries import count_unfinished_jobs
from foundation.money import exponent_of
from ledger.queries.balances import get_balance
from payments.queries.totals import Totals, count_undecided, read_ledger_totals, read_payment_totals

BANK = "assets/bank"


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the three says in one currency."""

    totals: Totals = field(default_factory=Totals)
    disputes: DisputeTotals = field(default_factory=DisputeTotals)

    def __add__(self, other: Side) -> Side:
        return Side(self.totals + other.totals, self.disputes + other.disputes)

    @property
    def left(self) -> int:
        """At the PSP."""
        return self.totals.net - self.disputes.taken - self.disputes.fees


@dataclass(frozen=True, slots=True)
class CurrencyTie:
    """One currency in three books; ours: of the rows of payments and disputes. clearing is the balance of the ledger's
    PSP clearing accounts, at_bank that of its bank account."""

    currency: str
    psp: Side
    ledger: Side
    ours: Side
    clearing: int
    at_bank: int

    @property
    def ties_out(self) -> bool:
        books_agree = self.psp == self.ledger == self.ours and self.clearing == self.psp.left
        return books_agree and self.at_bank == self.psp.totals.paid_out

    def money(self, minor: int) -> str:
        """Major units with thousands separated, without the code: the table's first column has it."""
        digits = exponent_of(self.currency)
        whole, part = divmod(abs(minor), 10**digits)
        return f"{'-' if minor < 0 else ''}{whole:,}" + (f".{part:0{digits}d}" if digits else "")


def wait_until_quiet(
    merchant_id: UUID, sandbox_url: str, psp_key: str, *, timeout_seconds: int, tell: Callable[[str], None]
) -> bool:
    """Wait until nothing is in doubt, under way or on its way here. Answers whether that was reached in time."""
    ends_at = time.monotonic() + timeout_seconds
    last = ""
    while time.monotonic() < ends_at:
        open_things = {
            **count_undecided(merchant_id=merchant_id),
            "events": int(is_behind(HANDLERS)),
            "jobs": count_unfinished_jobs(merchant_id=merchant_id),
            "PSP webhooks": _webhooks_waiting(sandbox_url, psp_key),
        }
        if not any(open_things.values()):
            return True
        words = ", ".join(f"{count} {what}" for what, count in open_things.items() if count)
        if words != last:
            tell(f"waiting for {words}")
            last = words
        time.sleep(0.5)
    return False


def tie_out(
    merchant_id: UUID, *, sandbox_url: str, psp_key: str, other_keys: Sequence[str] = ()
) -> list[CurrencyTie]:
    """One row for each currency that any of the three knows. other_keys: of the merchant's further PSP accounts."""
    psp: dict[str, Side] = {}
    for key in (psp_key, *other_keys):
        for currency, side in _psp_sides(sandbox_url, key).items():
            psp[currency] = psp.get(currency, Side()) + side
    ledger, clearing = read_ledger_totals(merchant_id=merchant_id)
    ledger_disputes, clearing_of_disputes = read_ledger_dispute_totals(merchant_id=merchant_id)
    payments = read_payment_totals(merchant_id=merchant_id)
    disputes = read_dispute_totals(merchant_id=merchant_id)
    return [
        CurrencyTie(
            currency,
            psp.get(currency, Side()),
            Side(ledger.get(currency, Totals()), ledger_disputes.get(currency, DisputeTotals())),
            Side(payments.get(currency, Totals()), disputes.get(currency, DisputeTotals())),
            clearing.get(currency, 0) + clearing_of_disputes.get(currency, 0),
            get_balance(merchant_id, BANK, currency).balance.amount_minor,
        )
        for currency in sorted({*psp, *ledger, *payments, *ledger_disputes, *disputes})
    ]


def _webhooks_waiting(sandbox_url: str, psp_key: str) -> int:
    """Of this shop's account alone: another's may wait for an address that is gone."""
    answer = requests.get(f"{sandbox_url}/sandbox/webhooks", params={"account": psp_key}, timeout=5)
    deliveries = answer.json()["deliveries"]
    waiting: int = deliveries.get("waiting", 0)
    return waiting


def _psp_sides(sandbox_url: str, psp_key: str) -> dict[str, Side]:
    books = requests.get(f"{sandbox_url}/books", params={"account": psp_key}, timeout=30).json()
    return {
        currency: Side(
            Totals(
                captured=row["charges_gross_minor"],
                refunded=row["refunds_amount_minor"] - row["refunds_returned_minor"],
                fees=row["fees_minor"],
                paid_out=row["payouts_amount_minor"] - row["payouts_returned_minor"],
            ),
            DisputeTotals(
                taken=row["disputes_withdrawn_minor"] - row["disputes_reinstated_minor"],
                fees=row["disputes_fees_minor"],
            ),
        )
        for currency, row in books["accounts"].get(psp_key, {}).items()
        if row["captures_count"] or row["refunds_count"]
    }
