"""Replay a shop's day through the running stack and show whether all books tie out. `make demo` runs it."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

from payments.queries.totals import count_double_charges
from payments_site.demo.billing_books import show_billing, tie_billing
from payments_site.demo.disputing import plan_claims
from payments_site.demo.orders import load_shop_day
from payments_site.demo.replay import replay
from payments_site.demo.settle import Settlement, settle
from payments_site.demo.shop import PASSWORD, PEOPLE, SHOP_NAME, Shop, open_shop
from payments_site.demo.subscribers import run_month
from payments_site.demo.tally import Tally
from payments_site.demo.tie_out import CurrencyTie, tie_out, wait_until_quiet

DEFAULT_ORDERS = 500
QUIET_TIMEOUT_SECONDS = 180


class Command(BaseCommand):
    help = "DEMO_ORDERS, DEMO_ORDERS_CSV and DEMO_REFUNDS_CSV say what is replayed."

    def handle(self, **options: Any) -> None:
        console = Console()
        base_url = os.environ.get("PUBLIC_BASE_URL", "http://127.0.0.1:8000")
        day = load_shop_day(
            limit=int(os.environ.get("DEMO_ORDERS") or DEFAULT_ORDERS),
            orders_csv=os.environ.get("DEMO_ORDERS_CSV", ""),
            refunds_csv=os.environ.get("DEMO_REFUNDS_CSV", ""),
        )
        day.claims.extend(plan_claims(day.orders))
        shop = open_shop()
        console.print(
            f"{SHOP_NAME}: {len(day.orders)} orders, {len(day.claims)} of them disputed, "
            f"{len(day.credit_notes)} credit notes"
        )
        tally = replay(day, api_base=base_url, api_key=shop.api_key)
        run_month(api_base=base_url, api_key=shop.api_key, tally=tally, tell=console.print)
        is_quiet = wait_until_quiet(
            shop.merchant_id,
            shop.sandbox_url,
            shop.psp_key,
            timeout_seconds=QUIET_TIMEOUT_SECONDS,
            tell=console.print,
        )
        settlement = settle(shop, timeout_seconds=QUIET_TIMEOUT_SECONDS, tell=console.print)
        ties = tie_out(shop.merchant_id, sandbox_url=shop.sandbox_url, psp_key=shop.psp_key)
        doubles = count_double_charges(merchant_id=shop.merchant_id)
        _show(console, shop, base_url, tally)
        _show_books(console, ties)
        _show_settlement(console, settlement)
        is_billed = show_billing(console, shop.merchant_id, tie_billing(shop.merchant_id))
        breaks = sum(settlement.breaks.values())
        is_quiet = is_quiet and settlement.is_quiet
        reconciles = settlement.ties_out and not breaks
        is_sound = is_quiet and not doubles and not tally.problems and is_billed
        good = is_sound and reconciles and bool(ties) and all(tie.ties_out for tie in ties)
        reconciliation = f"reconciliation: ties_out {str(settlement.ties_out).lower()}, {breaks} breaks"
        for problem in tally.problems[:10]:
            console.print(f"[red]problem[/red] {problem}")
        if good:
            console.print(
                f"Ties out: PSP books = ledger = payments and disputes, to the cent, in every currency; "
                f"{reconciliation}.",
                soft_wrap=True,
            )
        else:
            console.print(
                f"Does NOT tie out: quiet={is_quiet}, double charges={doubles}, problems={len(tally.problems)}, "
                f"billing={is_billed}, "
                f"currencies that differ: {[tie.currency for tie in ties if not tie.ties_out]}, {reconciliation}",
                soft_wrap=True,
            )
            sys.exit(1)


def _show(console: Console, shop: Shop, base_url: str, tally: Tally) -> None:
    counts = Table(title="What happened")
    counts.add_column("Event")
    counts.add_column("Count", justify="right")
    for name, count in sorted(tally.counts.items()):
        counts.add_row(name, f"{count:,}")
    console.print(counts)
    console.print(f"Admin      {base_url}/admin/")
    console.print(f"People     {', '.join(PEOPLE)} (password {PASSWORD})", soft_wrap=True)
    console.print(f"API key    {shop.api_key}")


def _show_books(console: Console, ties: list[CurrencyTie]) -> None:
    books = Table(title="Books")
    disputes = Table(title="Disputes in the books")
    of_disputes = ("Currency", "Source", "At the PSP for disputes", "Fees of disputes")
    for table, columns in (
        (books, ("Currency", "Source", "Captured", "Refunded", "PSP fees", "Paid out", "Left at the PSP")),
        (disputes, of_disputes),
    ):
        for column in columns:
            table.add_column(column, justify="left" if column in ("Currency", "Source") else "right")
    for tie in ties:
        for source, side in (("PSP", tie.psp), ("ledger", tie.ledger), ("our rows", tie.ours)):
            currency = tie.currency.upper() if source == "PSP" else ""
            figures = side.totals
            books.add_row(
                currency,
                source,
                tie.money(figures.captured),
                tie.money(figures.refunded),
                tie.money(figures.fees),
                tie.money(figures.paid_out),
                tie.money(tie.clearing if source == "ledger" else side.left),
            )
            disputes.add_row(currency, source, tie.money(side.disputes.taken), tie.money(side.disputes.fees))
    console.print(books)
    console.print(disputes)


def _show_settlement(console: Console, settlement: Settlement) -> None:
    table = Table(title="Settlement")
    table.add_column("What")
    table.add_column("Count", justify="right")
    table.add_row("Payouts", f"{settlement.payouts:,}")
    for title, lines in settlement.lines.items():
        table.add_row(f"{title}: lines", f"{lines:,}")
    table.add_row("Lines matched with the books", f"{settlement.matched:,}")
    for kind, count in sorted(settlement.breaks.items()):
        table.add_row(f"Break: {kind.replace('_', ' ')}", f"{count:,}")
    table.add_row("Breaks", f"{sum(settlement.breaks.values()):,}")
    console.print(table)
