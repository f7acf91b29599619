"""docs/errors.md, written from the register of error codes."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from foundation.errors import DomainError
from tests.architecture.source import APPS, ROOT, all_modules

PAGE = ROOT / "docs" / "errors.md"

HEAD = """\
# Error codes

Every refusal of the API, generated from the register (`foundation/errors.py`); a test keeps it current.
The API serves each code at its `doc_url`, `/docs/errors/<code>`. Codes are never renamed. How errors are
made and answered: `docs/adr/0010-errors.md`.
"""


def import_every_vocabulary() -> None:
    """Errors register themselves when their module is imported."""
    for module in all_modules():
        if module.is_ours and module.parts[-1] == "errors":
            importlib.import_module(".".join(module.parts))


def registered_errors() -> Iterator[type[DomainError]]:
    """By code. What a test defined for itself is left out."""
    import_every_vocabulary()
    for code in sorted(DomainError.registry):
        error = DomainError.registry[code]
        if error.__module__.partition(".")[0] in APPS:
            yield error


def describe() -> str:
    errors = list(registered_errors())
    sections = [HEAD]
    for app in APPS:
        rows = [error for error in errors if error.__module__.partition(".")[0] == app]
        if rows:
            sections.append(f"## {app}\n\n| code | status | type | says |\n|---|---|---|---|")
            sections[-1] += "".join(f"\n{_row(error)}" for error in rows) + "\n"
    return "\n".join(sections)


def _row(error: type[DomainError]) -> str:
    return f"| `{error.code}` | {error.http_status} | {error.error_type} | {error.message} |"
