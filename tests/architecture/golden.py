"""Files that are generated, committed and compared. `UPDATE_GOLDEN=1 make test` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

from tests.architecture.source import ROOT


def assert_is_current(path: Path, text: str) -> None:
    """Fail when the committed file differs from what the code says now."""
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    committed = path.read_text(encoding="utf-8") if path.exists() else ""
    name = path.relative_to(ROOT)
    assert text == committed, (
        f"{name} is not what the code says. Run `UPDATE_GOLDEN=1 make test` and review the difference."
    )
