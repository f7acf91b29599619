"""export_audit FILE: seals with their rows, for verify_audit --export on a machine without our database."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from foundation.audit.exporting import export_seals


class Command(BaseCommand):
    help = "Write seals with the rows under them to a file (gzipped when its name ends in .gz)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--first", type=int, default=1, help="Number of the first seal.")
        parser.add_argument("--last", type=int, help="Number of the last seal; all when left out.")

    def handle(self, *args: Any, **options: Any) -> None:
        export = export_seals(options["file"], first=options["first"], last=options["last"])
        self.stdout.write(json.dumps(asdict(export), indent=2))
