"""`manage.py replay_events --since …`: has handlers hear again of past events."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.context import acting
from foundation.events.operations.replay_events import replay_events
from foundation.events.subscriptions import HandlerUnknown


class Command(BaseCommand):
    help = "Stage handler jobs for every event published since an instant. Prints how many events and jobs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", required=True, type=_instant, help="ISO 8601; UTC when it names no zone."
        )
        parser.add_argument("--handler", default=None, help="Only this handler, as it was subscribed.")
        parser.add_argument("--dry-run", action="store_true", help="Only count the events.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with acting(actor="command:replay_events"):
                replayed = replay_events(
                    since=options["since"], handler_name=options["handler"], is_dry_run=options["dry_run"]
                )
        except HandlerUnknown as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(replayed))


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(
            f"{text!r} is not an ISO 8601 instant, such as 2026-11-20T08:00:00Z."
        ) from error
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
