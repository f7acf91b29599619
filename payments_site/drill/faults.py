"""The fault drill: the demo's load while processes die and the PSP misbehaves; then healing, the proof of no harm."""

from __future__ import annotations

import os
import time

from rich.console import Console
from rich.table import Table

from ledger.queries.verify import verify_books
from payments.queries.totals import count_double_charges, count_undecided
from payments_site.demo.orders import load_shop_day
from payments_site.demo.replay import replay
from payments_site.demo.shop import open_shop
from payments_site.demo.tie_out import tie_out, wait_until_quiet
from payments_site.drill.chaos import Chaos

HEALING_SECONDS = 120
DEADLINE_SECONDS = 2
PATIENCE_TRIES = 60


def run_faults(*, orders: int, seed: int, console: Console) -> bool:
    """Answers whether no harm was done."""
    shop = open_shop(deadline_seconds=DEADLINE_SECONDS)
    day = load_shop_day(limit=orders, orders_csv="", refunds_csv="")
    chaos = Chaos(sandbox_url=shop.sandbox_url, account=shop.psp_key, seed=seed)
    chaos.begin()
    tally = replay(day, api_base=os.environ["PUBLIC_BASE_URL"], api_key=shop.api_key, tries=PATIENCE_TRIES)
    fired = chaos.fired()
    chaos.heal()
    healed_at = time.monotonic()
    is_quiet = wait_until_quiet(
        shop.merchant_id,
        shop.sandbox_url,
        shop.psp_key,
        timeout_seconds=HEALING_SECONDS,
        tell=console.print,
    )
    converged = time.monotonic() - healed_at
    ties = tie_out(shop.merchant_id, sandbox_url=shop.sandbox_url, psp_key=shop.psp_key)
    verified = verify_books(shop.merchant_id)
    doubles = count_double_charges(merchant_id=shop.merchant_id)
    table = Table(title=f"Drill, seed {seed}")
    table.add_column("What")
    table.add_column("Count", justify="right")
    for title, counts in (("killed", chaos.deaths), ("PSP fault", fired), ("order", tally.counts)):
        for name, count in sorted(counts.items()):
            table.add_row(f"{title}: {name}", str(count))
    table.add_row("seconds until quiet", f"{converged:.1f}")
    table.add_row("still undecided", str(sum(count_undecided(merchant_id=shop.merchant_id).values())))
    table.add_row("intents charged twice", str(doubles))
    table.add_row("differences in the books", str(len(verified.differences)))
    console.print(table)
    for problem in tally.problems[:10]:
        console.print(f"[red]problem[/red] {problem}")
    for tie in ties:
        verdict = (
            "ties out" if tie.ties_out else f"DIFFERS: PSP {tie.psp} ledger {tie.ledger} ours {tie.ours}"
        )
        console.print(f"{tie.currency.upper()}: {verdict}")
    good = is_quiet and not doubles and not verified.differences and all(tie.ties_out for tie in ties)
    console.print("No harm was done: one charge per intent, books equal." if good else "HARM WAS DONE.")
    return good and not tally.problems
