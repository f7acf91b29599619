"""import_settlement FILE --psp-account ID --format F: counts as JSON; the same file again changes nothing."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from foundation.errors import DomainError
from ledger.management.merchants import merchant_id_of
from ledger.models import LedgerAccount, Statement
from ledger.reconciliation.accounts import clearing_path
from ledger.reconciliation.importers.formats import FORMATS
from ledger.reconciliation.operations.import_settlement import import_settlement


class Command(BaseCommand):
    help = "Import a settlement report of a PSP or a bank statement."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--psp-account", required=True, help="psp_…: whose money it tells of, or pays out into the bank."
        )
        parser.add_argument("--format", required=True, choices=list(FORMATS))
        parser.add_argument("--merchant", help="acct_… or a UUID; found by the PSP account when left out.")
        parser.add_argument(
            "--covers-until", type=datetime.fromisoformat, help="Instant until which the file is complete."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        account = options["psp_account"]
        merchant_id = (
            merchant_id_of(options["merchant"]) if options["merchant"] else _merchant_of_account(account)
        )
        until = options["covers_until"]
        if until is not None and until.tzinfo is None:
            raise CommandError("--covers-until needs a time zone, such as 2026-11-20T00:00:00+00:00.")
        try:
            with options["file"].open("rb") as file:
                imported = import_settlement(
                    merchant_id=merchant_id,
                    psp_account=account,
                    format=options["format"],
                    file=file,
                    file_name=options["file"].name,
                    covers_until_at=until,
                )
        except (OSError, DomainError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(json.dumps(_answer(imported.statement, imported.is_new)))


def _merchant_of_account(account: str) -> UUID:
    rows = LedgerAccount.across_merchants.filter(path=clearing_path(account))
    merchants = list(rows.values_list("merchant_id", flat=True).distinct()[:2])
    if len(merchants) != 1:
        raise CommandError(f"Nothing was booked for the PSP account {account} yet: name its --merchant.")
    return merchants[0]


def _answer(statement: Statement, is_new: bool) -> dict[str, Any]:
    unread = statement.unread_lines.order_by("line_number")[:20]
    return {
        "statement": statement.public_id,
        "is_new": is_new,
        "lines": statement.lines_stored + statement.lines_known + statement.lines_unread,
        "stored": statement.lines_stored,
        "known": statement.lines_known,
        "unread": statement.lines_unread,
        "first_unread": [{"line": line.line_number, "reason": line.reason} for line in unread],
    }
