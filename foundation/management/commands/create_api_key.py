"""`create_api_key MERCHANT --scopes payments:write webhooks:read`: another secret key, as JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation import clock, ids
from foundation.errors import DomainError
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_api_key


class Command(BaseCommand):
    help = "Make a secret key of a merchant. It is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("merchant", metavar="acct_…")
        parser.add_argument(
            "--scopes",
            nargs="+",
            default=["*:write"],
            metavar="GROUP:ACCESS",
            help="Access is read or write; separate several by spaces or commas. Default: *:write.",
        )
        parser.add_argument("--name", default="")
        parser.add_argument(
            "--allowed-network", action="append", default=[], metavar="CIDR", help="May be repeated."
        )
        parser.add_argument("--expires-in-days", type=int, metavar="DAYS")

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["expires_in_days"]
        try:
            issued = create_api_key(
                merchant_id=ids.decode_id(Merchant.public_prefix, options["merchant"]),
                scopes=_scopes_of(options["scopes"]),
                name=options["name"],
                allowed_networks=options["allowed_network"],
                expires_at=clock.now() + timedelta(days=days) if days else None,
            )
        except (DomainError, ids.PublicIdInvalid) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            json.dumps(
                {"api_key": issued.key.public_id, "scopes": issued.key.scopes, "secret_key": issued.secret}
            )
        )


def _scopes_of(words: list[str]) -> dict[str, str]:
    scopes = {}
    for word in ",".join(words).split(","):
        group, _, access = word.strip().partition(":")
        scopes[group] = access or "write"
    return scopes
