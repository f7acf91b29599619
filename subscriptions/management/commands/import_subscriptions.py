"""import_subscriptions FILE --merchant acct_… [--dry-run]: counts and refused lines as JSON; repeatable."""

from __future__ import annotations

import csv
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation import ids
from subscriptions.importing import COLUMNS, NEEDED
from subscriptions.operations.import_subscriptions import import_subscriptions

MERCHANT_PREFIX = "acct"
SHOWN = 1_000


class Command(BaseCommand):
    help = (
        "Take over subscriptions that another system has billed so far. Columns of the CSV file: "
        f"{', '.join(COLUMNS)}. Nothing is charged before the next period."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--merchant", required=True, metavar="acct_…")
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen, and keep nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        is_rehearsal = options["dry_run"]
        try:
            merchant_id = ids.decode_id(MERCHANT_PREFIX, options["merchant"])
            with options["file"].open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                _refuse_unless_columns_fit(reader.fieldnames or [])
                done = import_subscriptions(merchant_id=merchant_id, lines=reader, is_rehearsal=is_rehearsal)
        except (OSError, UnicodeDecodeError, csv.Error, ids.PublicIdInvalid) as error:
            raise CommandError(str(error)) from error
        refused = [{"line": number, "reason": reason} for number, reason in done.refused[:SHOWN]]
        answer = {
            "dry_run": is_rehearsal,
            "imported": done.new,
            "known": done.known,
            "refused": len(done.refused),
            "lines": refused,
        }
        self.stdout.write(json.dumps(answer))


def _refuse_unless_columns_fit(names: Any) -> None:
    if missing := [name for name in NEEDED if name not in names]:
        raise CommandError(f"The file has no column {', '.join(missing)}.")
    if unknown := [name for name in names if name not in COLUMNS]:
        raise CommandError(f"The file has an unknown column: {', '.join(unknown)}.")
