"""describe_vault_keys: what is under which key of the vault, as JSON. Shows no key and no secret."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from foundation.vault.standing import describe_keys


class Command(BaseCommand):
    help = "Print every key-encryption key and superseded data key with what is left under it."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(describe_keys()))
