"""retire_vault_key: give a key up once nothing is under it; refuses while anything is. Prints what it did as JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.context import acting
from foundation.ids import PublicIdInvalid, decode_id
from foundation.vault.errors import VaultKeyStillNeeded
from foundation.vault.models import DataKey
from foundation.vault.retiring import retire_data_key, retire_superseded_data_keys, retire_vault_key


class Command(BaseCommand):
    help = (
        "Retire a key-encryption key (its id), a data key (dk_…), or every superseded data key that can be."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key", nargs="?", default=None, help="As describe_vault_keys prints it.")
        parser.add_argument(
            "--superseded", action="store_true", help="Every superseded data key that can be."
        )
        parser.add_argument("--reason", default="", help="Why, for the audit trail.")

    def handle(self, *args: Any, **options: Any) -> None:
        key = options["key"]
        if (key is None) != options["superseded"]:
            raise CommandError("Name one key, or say --superseded.")
        with acting(actor="command:retire_vault_key", reason=options["reason"]):
            if key is None:
                retired, kept = retire_superseded_data_keys()
                self.stdout.write(json.dumps({"retired": retired, "kept": kept}))
                return
            try:
                self.stdout.write(json.dumps({"key": key, "retired_at": self._retire(key)}))
            except VaultKeyStillNeeded as refusal:
                raise CommandError(str(refusal)) from refusal

    @staticmethod
    def _retire(key: str) -> str:
        if not key.startswith(f"{DataKey.public_prefix}_"):
            retired_at = retire_vault_key(key_id=key).retired_at
        else:
            try:
                data_key_id = decode_id(DataKey.public_prefix, key)
            except PublicIdInvalid as error:
                raise CommandError(str(error)) from error
            retired_at = retire_data_key(data_key_id=data_key_id).retired_at
        return retired_at.isoformat() if retired_at else ""
