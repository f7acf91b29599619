"""`manage.py psp_sandbox`: replaces this process by the sandbox, which must not share memory with the
project.
"""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from payments.psp.sandbox.command_line import add_arguments


class Command(BaseCommand):
    help = "Run the PSP sandbox: a payment provider of our own with its own books."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        given = [
            text
            for name in ("port", "books", "host", "faults", "webhook_url", "webhook_secret", "settle_seconds")
            if options[name] is not None
            for text in (f"--{name.replace('_', '-')}", str(options[name]))
        ]
        root = str(Path(__file__).resolve().parents[3])
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        # exec keeps the process id, so supervisors and signals reach the sandbox itself.
        os.execve(  # noqa: S606
            sys.executable,
            [sys.executable, "-m", "payments.psp.sandbox", *given],
            os.environ | {"PYTHONPATH": path},
        )
