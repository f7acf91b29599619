"""`manage.py replay_events --since …`: has handlers hear again of past events."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.context import acting
from foundation.events.operations.replay_events import replay_events
from foundation.events.subscriptions import HandlerUnknown
from foundation.replay.arguments import add_replay_arguments, instant, replay_named


class Command(BaseCommand):
    help = "Stage handler jobs for every event published since an instant. Prints how many events and jobs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", type=instant, default=None, help="ISO 8601; UTC when it names no zone."
        )
        parser.add_argument("--handler", default=None, help="Only this handler, as it was subscribed.")
        parser.add_argument("--dry-run", action="store_true", help="Only count the events.")
        add_replay_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["since"] is None and options["resume"] is None:
            raise CommandError("Say --since, or --resume to go on with a replay.")
        try:
            with acting(actor="command:replay_events", reason=options["reason"]):
                replay = replay_events(
                    since=options["since"],
                    handler_name=options["handler"],
                    is_dry_run=options["dry_run"],
                    resume=replay_named(options["resume"]),
                )
        except HandlerUnknown as error:
            raise CommandError(str(error)) from error
        replayed = {"events": replay.found, "jobs": replay.counts.get("jobs", 0)}
        self.stdout.write(json.dumps({**replayed, "replay": replay.public_id}))
