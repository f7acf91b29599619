"""`write_openapi`: the OpenAPI document of /v1 into docs/openapi.json; `--check` compares instead of
writing.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from drf_spectacular.generators import SchemaGenerator

from foundation.http.docs import document_path
from foundation.http.openapi_changes import breaking_changes


class Command(BaseCommand):
    help = "Generate docs/openapi.json. A change that breaks clients needs a new API version first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Fail when the committed document is outdated."
        )
        parser.add_argument(
            "--accept-breaking", action="store_true", help="Write although clients would break."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = document_path()
        committed = json.loads(path.read_text()) if path.exists() else None
        generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]
        fresh = generator.get_schema(request=None, public=True)
        text = json.dumps(fresh, indent=1, ensure_ascii=False, sort_keys=True, default=str) + "\n"
        breaking = breaking_changes(committed, json.loads(text)) if committed else []
        if options["check"]:
            if committed is None or path.read_text() != text:
                raise CommandError(
                    "docs/openapi.json is outdated: run manage.py write_openapi and commit it."
                )
        elif breaking and not options["accept_breaking"]:
            raise CommandError("Clients of this version would break:\n" + "\n".join(breaking))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.stdout.write(json.dumps({"paths": len(fresh["paths"]), "breaking_changes": breaking}))
