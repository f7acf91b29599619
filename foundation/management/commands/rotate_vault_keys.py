"""rotate_vault_keys: every secret comes under the newest keys, while everything runs; prints what it did as JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.context import acting
from foundation.vault.models import DataKey
from foundation.vault.rotation import RENEW, REWRAP, rotate_vault_keys


class Command(BaseCommand):
    help = (
        "Bring every secret under the newest key of VAULT_KEYS. Run it again to go on where it was stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--renew-data-keys",
            action="store_true",
            help="Give every merchant a new data key, and encrypt anew what the old ones encrypted.",
        )
        parser.add_argument("--reason", default="", help="Why, kept with the rotation.")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(actor="command:rotate_vault_keys", reason=options["reason"]):
            rotation = rotate_vault_keys(renews_data_keys=options["renew_data_keys"])
        under_newest = DataKey.across_merchants.filter(wrapping_key_id=rotation.key_id).count()
        rewrapped, renewed = rotation.counts.get(REWRAP, 0), rotation.counts.get(RENEW, 0)
        answer = {
            "key_id": rotation.key_id,
            "rewrapped": rewrapped,
            "already_current": under_newest - rewrapped - renewed,
            "unreadable": rotation.unreadable.get(REWRAP, 0),
            "rotation": rotation.public_id,
            "renewed": renewed,
            "reencrypted": {
                name: number for name, number in rotation.counts.items() if name not in (REWRAP, RENEW)
            },
        }
        self.stdout.write(json.dumps(answer))
        if answer["unreadable"]:
            raise CommandError(
                f"{answer['unreadable']} data keys did not open: put their key back into VAULT_KEYS."
            )
        if rotation.unreadable:
            told = ", ".join(f"{number} of {name}" for name, number in rotation.unreadable.items())
            raise CommandError(f"Secrets that no key opens were left as they are: {told}.")
