"""`manage.py replay_webhooks`: has stored webhooks of PSPs handled again."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from foundation.context import acting
from foundation.ids import PublicIdInvalid, decode_id
from foundation.replay.arguments import add_replay_arguments, instant, replay_named
from payments.operations.replay_webhooks import replay_webhooks


class Command(BaseCommand):
    help = "Have stored webhooks handled again, oldest first. Prints how many, by type, and the replay's id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--webhook", action="append", help="Only this one (whin_…); repeatable.")
        parser.add_argument("--merchant", help="Only this merchant's (acct_…).")
        parser.add_argument("--psp-account", help="Only what came to this account (psp_…).")
        parser.add_argument("--from", type=instant, dest="since", help="Received at or after; ISO 8601.")
        parser.add_argument("--to", type=instant, help="Received before; ISO 8601.")
        parser.add_argument("--type", help="Only events of this type.")
        parser.add_argument("--all", action="store_true", help="Everything in the inbox: say so.")
        parser.add_argument("--dry-run", action="store_true", help="Only count them.")
        add_replay_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        narrowing = ("webhook", "merchant", "psp_account", "since", "to", "type", "resume", "all")
        if not any(options[name] for name in narrowing):
            raise CommandError("Say which: --webhook, --psp-account, --from … or --all.")
        with acting(actor="command:replay_webhooks", reason=options["reason"]):
            replay = replay_webhooks(
                merchant_id=_decoded("acct", options["merchant"]),
                webhook_ids=[_named("whin", one) for one in options["webhook"]]
                if options["webhook"]
                else None,
                psp_account_id=_decoded("psp", options["psp_account"]),
                received_from=options["since"],
                received_to=options["to"],
                event_type=options["type"],
                is_dry_run=options["dry_run"],
                resume=replay_named(options["resume"]),
            )
        self.stdout.write(
            json.dumps(
                {
                    "webhooks": replay.counts.get("found", {}),
                    "total": replay.found,
                    "jobs": replay.counts.get("jobs", 0),
                    "replay": replay.public_id,
                }
            )
        )


def _decoded(prefix: str, text: str | None) -> UUID | None:
    return _named(prefix, text) if text else None


def _named(prefix: str, text: str) -> UUID:
    try:
        return decode_id(prefix, text)
    except PublicIdInvalid as error:
        raise CommandError(str(error)) from error
