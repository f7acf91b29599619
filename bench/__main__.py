"""Run the measurements, write bench/results.json and print the table: `make bench`.

`ARGS="payments ledger" make bench` runs some of them; each is written as soon as it is there, and the others keep
their figures and the time at which they were measured.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "payments_site.settings.local")
    import django

    django.setup()
    from bench import admin, billing, disputes, payments, reconciliation, routing
    from bench.ledger import balances, hordak, postings, writers

    measurements = {
        "payments": payments.main,
        "ledger": postings.main,
        "ledger_writers": writers.main,
        "ledger_hordak": hordak.main,
        "ledger_balances": balances.main,
        "reconciliation": reconciliation.main,
        "billing": billing.main,
        "admin": admin.main,
        "routing": routing.main,
        "disputes": disputes.main,
    }
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    results["machine"] = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    for name in sys.argv[1:] or measurements:
        measured_at = datetime.now(UTC).isoformat(timespec="seconds")
        results[name] = {"measured_at": measured_at, **measurements[name]()}
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    _print(results)


def _print(results: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Measured on this machine, everything on it")
    table.add_column("Measurement")
    table.add_column("Figure", justify="right")
    for name, value in _flat(results, ()):
        table.add_row(name, f"{value:,}" if isinstance(value, int | float) else str(value))
    Console().print(table)


def _flat(value: Any, path: tuple[str, ...]) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [row for name, inner in value.items() for row in _flat(inner, (*path, str(name)))]
    return [(" / ".join(path), value)]


if __name__ == "__main__":
    main()
