"""rotate_vault_keys: data keys come under the newest key of VAULT_KEYS; prints what it did as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.vault.rotation import rotate_vault_keys


class Command(BaseCommand):
    help = "Re-wrap every merchant's data key under the newest key of VAULT_KEYS, while everything runs."

    def handle(self, *args: Any, **options: Any) -> None:
        rotation = rotate_vault_keys()
        self.stdout.write(json.dumps(asdict(rotation)))
        if rotation.unreadable:
            raise CommandError(
                f"{rotation.unreadable} data keys did not open: put their key back into VAULT_KEYS."
            )
