"""`manage.py redrive_jobs`: gives dead jobs new tries."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from foundation.context import acting
from foundation.jobs.operations.redrive_jobs import redrive_jobs
from foundation.replay.arguments import add_replay_arguments, replay_named


class Command(BaseCommand):
    help = "Give dead jobs ten new tries, oldest death first. Prints how many, and their names."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--name", default=None, help="Only jobs of this name, e.g. payments.execute_refund."
        )
        parser.add_argument(
            "--id", type=UUID, action="append", default=None, help="Only this job; repeatable."
        )
        parser.add_argument("--limit", type=int, default=1_000, help="At most this many (default 1000).")
        parser.add_argument("--dry-run", action="store_true", help="Only show what would be redriven.")
        add_replay_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(actor="command:redrive_jobs", reason=options["reason"]):
            replay = redrive_jobs(
                name=options["name"],
                job_ids=options["id"],
                limit=options["limit"],
                is_dry_run=options["dry_run"],
                resume=replay_named(options["resume"]),
            )
        redriven = replay.counts.get("found", {})
        self.stdout.write(
            json.dumps({"redriven": redriven, "total": replay.found, "replay": replay.public_id})
        )
