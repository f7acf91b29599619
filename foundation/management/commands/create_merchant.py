"""`create_merchant NAME --currency usd [--livemode]`: a tenant and its first secret key, as JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation import ids
from foundation.errors import DomainError
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_api_key, create_merchant


class Command(BaseCommand):
    help = "Make a merchant with a key for everything. The key is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--currency", required=True, help="ISO 4217, for example usd.")
        parser.add_argument(
            "--livemode", action="store_true", help="Real money. Default: a sandbox merchant."
        )
        parser.add_argument("--country", default="US")
        parser.add_argument("--timezone", default="UTC")
        parser.add_argument("--email", default="")
        parser.add_argument(
            "--platform", metavar="acct_…", help="The merchant whose keys may act for this one."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            platform = options["platform"]
            merchant = create_merchant(
                name=options["name"],
                currency=options["currency"],
                livemode=options["livemode"],
                country=options["country"],
                timezone=options["timezone"],
                email=options["email"],
                platform_id=ids.decode_id(Merchant.public_prefix, platform) if platform else None,
            )
            issued = create_api_key(merchant_id=merchant.pk, name="First key")
        except (DomainError, ids.PublicIdInvalid) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps({"merchant": merchant.public_id, "secret_key": issued.secret}))
