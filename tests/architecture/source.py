"""The source tree as the architecture tests read it: files, syntax trees, escape comments.

Lives here: finding and parsing. Not here: what is forbidden (rules/) and what runs the rules (test_rules.py).
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("foundation", "ledger", "payments", "disputes", "subscriptions", "payments_site")
BESIDE_THE_APPS = ("deploy", "bench", "docs", "tests")

# The sandbox is another company's computer: it imports nothing of ours and keeps its own clock and books.
SANDBOX = "payments/psp/sandbox/"

_ESCAPE = re.compile(r"#\s*house-rule:\s*(?P<rule>[a-z-]+)(?:\s+because\s+(?P<reason>\S.*))?")


@dataclass(frozen=True)
class Escape:
    """`# house-rule: <name> because <reason>`: covers its own line and the one below."""

    path: str
    line: int
    rule: str
    reason: str

    def covers(self, rule: str, line: int) -> bool:
        return self.rule == rule and line in (self.line, self.line + 1)


@dataclass(frozen=True)
class Module:
    """One Python file. path: relative to the project, with forward slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.path)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]

    @cached_property
    def escapes(self) -> list[Escape]:
        found = ((line, _ESCAPE.match(comment)) for line, comment in self.comments)
        return [
            Escape(self.path, line, match["rule"], (match["reason"] or "").strip())
            for line, match in found
            if match
        ]

    @property
    def app(self) -> str:
        return self.path.partition("/")[0]

    @property
    def parts(self) -> tuple[str, ...]:
        """Folders and the file's stem: ("payments", "operations", "capture_payment")."""
        return (*self.path.split("/")[:-1], Path(self.path).stem)

    @property
    def is_ours(self) -> bool:
        """Code of the product: an app's, but not the sandbox."""
        return self.app in APPS and not self.path.startswith(SANDBOX)

    def is_in_room(self, room: str) -> bool:
        """In `<app>/<room>.py`, `<app>/<room>/…`, or the same inside a room of the foundation."""
        return self.app in APPS and room in self.parts[1:]


def _python_files() -> Iterator[Path]:
    yield from sorted(ROOT.glob("*.py"))
    for folder in (*APPS, *BESIDE_THE_APPS):
        yield from sorted((ROOT / folder).rglob("*.py"))


@lru_cache(maxsize=1)
def all_modules() -> tuple[Module, ...]:
    """Every Python file of the project but generated migrations."""
    found = []
    for file in _python_files():
        path = file.relative_to(ROOT).as_posix()
        if "/migrations/" not in path:
            found.append(Module(path, file.read_text(encoding="utf-8")))
    return tuple(found)
