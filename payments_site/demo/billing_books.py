"""The proof of billing: invoices, the ledger's receivables and the payments, side by side, by currency."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from rich.console import Console
from rich.table import Table

from foundation.money import exponent_of
from subscriptions.queries.invoiced import (
    Invoiced,
    count_by_status,
    read_collected,
    read_invoiced,
    read_receivables,
)


@dataclass(frozen=True, slots=True)
class BillingTie:
    """One currency; collected: what the payments of invoices received."""

    currency: str
    invoices: Invoiced
    receivables: Invoiced
    collected: int

    @property
    def ties_out(self) -> bool:
        return self.invoices == self.receivables and self.collected == self.invoices.paid


def tie_billing(merchant_id: UUID) -> list[BillingTie]:
    """One row for each currency that any of the three knows."""
    invoices = read_invoiced(merchant_id=merchant_id)
    receivables = read_receivables(merchant_id=merchant_id)
    collected = read_collected(merchant_id=merchant_id)
    return [
        BillingTie(
            currency,
            invoices.get(currency, Invoiced()),
            receivables.get(currency, Invoiced()),
            collected.get(currency, 0),
        )
        for currency in sorted({*invoices, *receivables, *collected})
    ]


def show_billing(console: Console, merchant_id: UUID, ties: list[BillingTie]) -> bool:
    """Print subscriptions, invoices and their proof; whether it holds, and there is something to prove."""
    counts = Table(title="Subscriptions")
    for column in ("What", "Status", "Count"):
        counts.add_column(column, justify="right" if column == "Count" else "left")
    for what, by_status in count_by_status(merchant_id=merchant_id).items():
        for status, count in sorted(by_status.items()):
            counts.add_row(what, status.replace("_", " "), f"{count:,}")
    console.print(counts)
    books = Table(title="Billing")
    for column in ("Currency", "Source", "Billed", "Paid", "Owed"):
        books.add_column(column, justify="left" if column in ("Currency", "Source") else "right")
    for tie in ties:
        for source, figures in (("invoices", tie.invoices), ("receivables", tie.receivables)):
            shown = [_money(minor, tie.currency) for minor in (figures.billed, figures.paid, figures.owed)]
            books.add_row(tie.currency.upper() if source == "invoices" else "", source, *shown)
        books.add_row("", "payments", "", _money(tie.collected, tie.currency), "")
    console.print(books)
    is_proven = bool(ties) and all(tie.ties_out for tie in ties)
    verdict = "Billing ties out" if is_proven else "Billing does NOT tie out"
    console.print(f"{verdict}: invoices = ledger receivables = payments, to the cent.", soft_wrap=True)
    return is_proven


def _money(minor: int, currency: str) -> str:
    digits = exponent_of(currency)
    whole, part = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole:,}" + (f".{part:0{digits}d}" if digits else "")
