"""`create_staff USER --role … --password-stdin`: a person of the back office, made or given a new password and role."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation import ids
from foundation.errors import DomainError
from foundation.tenancy.models import Merchant
from foundation.tenancy.staff import create_staff

ROLES = ("agent", "senior_agent", "disputes", "finance", "auditor", "admin")


class Command(BaseCommand):
    help = "Make a staff member. The password comes on standard input, so that no list of processes shows it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", required=True, choices=ROLES)
        parser.add_argument("--password-stdin", action="store_true", required=True)
        parser.add_argument(
            "--merchant",
            action="append",
            metavar="acct_…",
            help="May be given again. Default: every merchant.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        password = sys.stdin.readline().rstrip("\r\n")
        try:
            merchant_ids = [ids.decode_id(Merchant.public_prefix, text) for text in options["merchant"] or []]
            staff = create_staff(
                username=options["username"],
                role=options["role"],
                password=password,
                merchant_ids=merchant_ids or None,
            )
        except (DomainError, ids.PublicIdInvalid) as error:
            raise CommandError(str(error)) from error
        summary = {
            "username": staff.username,
            "role": options["role"],
            "merchants": staff.assignments.count(),
        }
        self.stdout.write(json.dumps(summary))
