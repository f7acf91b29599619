"""create_psp_account MERCHANT --psp stripe|adyen --name N --secret-key K --webhook-secret W [--base-url URL]
[--settings JSON]."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from foundation.errors import DomainError
from foundation.ids import PublicIdInvalid, decode_id
from payments.operations.create_psp_account import create_psp_account

LIMITS = (
    "authorization_days",
    "currencies",
    "deadline_seconds",
    "idempotency_window_seconds",
    "maximum_report_delay_seconds",
    "priority",
    "settlement_days",
)


class Command(BaseCommand):
    help = "Create a merchant's account at a PSP; prints its id and the URL its webhooks go to."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("merchant", help="acct_…")
        parser.add_argument("--psp", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument("--secret-key", required=True)
        parser.add_argument("--webhook-secret", required=True)
        parser.add_argument("--base-url", default="")
        # Called --settings on the command line: manage.py gives it this name, or Django would take it for its own.
        parser.add_argument(
            "--psp-settings",
            default="{}",
            metavar="JSON",
            help=f"As --settings. {', '.join(LIMITS)} are limits of the account; Adyen needs merchant_account.",
        )

    def handle(self, **options: Any) -> None:
        try:
            merchant_id = decode_id("acct", options["merchant"])
            extra = json.loads(options["psp_settings"])
            limits = {name: extra.pop(name) for name in LIMITS if name in extra}
            account = create_psp_account(
                merchant_id=merchant_id,
                psp=options["psp"],
                name=options["name"],
                secret_key=options["secret_key"],
                webhook_secret=options["webhook_secret"],
                base_url=options["base_url"],
                settings=extra,
                **limits,
            )
        except (PublicIdInvalid, DomainError, ValueError) as error:
            raise CommandError(str(error)) from error
        url = settings.PUBLIC_BASE_URL + reverse("psp_webhook", args=[account.public_id])
        self.stdout.write(json.dumps({"psp_account": account.public_id, "webhook_url": url}))
