"""verify_books [--merchant ID]: exit status 1 and the first differences unless the books are whole."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from foundation.ids import PublicIdInvalid, decode_id
from ledger.queries.verify import FIRST_DIFFERENCES, CheckUnknown, verify_books

_MERCHANT_PREFIX = "acct"


class Command(BaseCommand):
    help = "Check that entries sum to zero, balances equal them, payments fold to the ledger, and seals hold."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--merchant", help="acct_… or a UUID; all merchants when left out.")
        parser.add_argument(
            "--limit", type=int, default=FIRST_DIFFERENCES, help="Differences shown per check."
        )

        parser.add_argument(
            "--check", action="append", help="Run this check only; may be given several times."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        merchant_id = _merchant_id(options["merchant"]) if options["merchant"] else None
        try:
            verification = verify_books(merchant_id, limit=options["limit"], only=options["check"])
        except CheckUnknown as error:
            raise CommandError(str(error)) from None
        answer = {
            "ok": verification.is_whole,
            "entries": verification.entries,
            "postings": verification.postings,
            "checks": verification.checks,
            "differences": [asdict(difference) for difference in verification.differences],
        }
        self.stdout.write(json.dumps(answer, default=str, indent=2))
        if not verification.is_whole:
            sys.exit(1)


def _merchant_id(text: str) -> UUID:
    try:
        return decode_id(_MERCHANT_PREFIX, text) if text.startswith(f"{_MERCHANT_PREFIX}_") else UUID(text)
    except (PublicIdInvalid, ValueError):
        raise CommandError(f"{text!r} is not a merchant's id.") from None
