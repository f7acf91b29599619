"""Run a drill on the running stack. `make drill` runs it; exit status 0 only when the drill was passed."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console

from payments_site.drill.faults import run_faults
from payments_site.drill.outage import FAULTS, run_outage

DEFAULT_ORDERS = 150
DEFAULT_OUTAGE_SECONDS = 20
DEFAULT_RATE = 8.0


class Command(BaseCommand):
    help = (
        "faults: kill processes and make the PSP misbehave under the demo's load, heal, and prove the books. "
        "outage: take one of two PSPs down under load and bring it back; prints JSON."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("drill", nargs="?", choices=("faults", "outage"), default="faults")
        parser.add_argument(
            "--orders", type=int, default=int(os.environ.get("DRILL_ORDERS") or DEFAULT_ORDERS)
        )
        parser.add_argument("--seed", type=int, default=int(os.environ.get("DRILL_SEED") or 1))
        parser.add_argument("--fault", choices=FAULTS, default="silence", help="outage: how the PSP is down")
        parser.add_argument("--first", choices=("stripe", "adyen"), default="stripe", help="outage: which")
        parser.add_argument("--seconds", type=int, default=DEFAULT_OUTAGE_SECONDS, help="outage: how long")
        parser.add_argument("--rate", type=float, default=DEFAULT_RATE, help="outage: payments per second")

    def handle(self, **options: Any) -> None:
        if options["drill"] == "faults":
            passed = run_faults(orders=options["orders"], seed=options["seed"], console=Console())
        else:
            told = run_outage(
                fault=options["fault"],
                first=options["first"],
                seconds=options["seconds"],
                rate=options["rate"],
                tell=Console(stderr=True).print,
            )
            self.stdout.write(json.dumps(told, indent=2))
            passed = told["passed"]
        sys.exit(0 if passed else 1)
