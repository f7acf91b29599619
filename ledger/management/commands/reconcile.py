"""reconcile [--merchant ID] [--as-of DATE] [--full]: matches, breaks, and whether it ties out, as JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand

from ledger.management.merchants import merchant_id_of
from ledger.models import ReconciliationRun
from ledger.reconciliation.operations.reconcile import reconcile
from ledger.reconciliation.queries.breaks import list_open_breaks
from ledger.reconciliation.queries.runs import list_merchants_with_statements, list_ties
from ledger.reconciliation.shapes import run_shape


class Command(BaseCommand):
    help = "Match statements with the books, open breaks, and say whether every account ties out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--merchant", help="acct_… or a UUID; all merchants with statements when left out."
        )
        parser.add_argument(
            "--as-of", type=date.fromisoformat, help="The end of this day, in UTC; now if absent."
        )
        parser.add_argument(
            "--full", action="store_true", help="Look at everything again, not only at what is new or open."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        as_of_at = datetime.combine(options["as_of"], time.max, UTC) if options["as_of"] else None
        if options["merchant"]:
            merchant_ids = [merchant_id_of(options["merchant"])]
        else:
            merchant_ids = list_merchants_with_statements()
        runs = [
            reconcile(merchant_id=merchant_id, as_of_at=as_of_at, is_full=options["full"])
            for merchant_id in merchant_ids
        ]
        self.stdout.write(json.dumps(_answer(runs)))


def _answer(runs: list[ReconciliationRun]) -> dict[str, Any]:
    by_kind: Counter[str] = Counter()
    shapes = []
    for run in runs:
        by_kind.update(list_open_breaks(run.merchant_id).order_by().values_list("kind", flat=True))
        shapes.append(run_shape(run, list(list_ties(run.merchant_id, [run.id]))))
    return {
        "matched": sum(run.matched for run in runs),
        "breaks": sum(run.breaks_open for run in runs),
        "breaks_by_kind": dict(sorted(by_kind.items())),
        "ties_out": all(run.ties_out for run in runs),
        "runs": shapes,
    }
