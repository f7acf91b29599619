"""The documents: links lead somewhere, decisions stay short and listed, words and settings are explained."""

from __future__ import annotations

import re
from pathlib import Path

from tests.architecture.source import ROOT, all_modules
from tests.architecture.tables import our_models

ADR_LINES = 60
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
_SETTING = re.compile(r"""(?:env\.\w+\(|environ\[|environ\.get\()\s*["']([A-Z][A-Z0-9_]*)["']""")


def documents() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def broken_links(document: Path, text: str) -> list[str]:
    return [link for link in _LINK.findall(text) if not (document.parent / link).exists()]


def settings_read(text: str) -> set[str]:
    return set(_SETTING.findall(text))


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = {
        str(document.relative_to(ROOT)): found
        for document in documents()
        if (found := broken_links(document, document.read_text(encoding="utf-8")))
    }

    assert broken == {}


def test_every_decision_is_short_listed_and_says_what_would_change_it() -> None:
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")

    for page in sorted(folder.glob("0*.md")):
        text = page.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= ADR_LINES, page.name
        assert f"({page.name})" in index, page.name
        headings = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences", "What would change our mind"], page.name


def test_the_glossary_explains_every_prefix() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    prefixes = {model.public_prefix for model in our_models() if getattr(model, "public_prefix", "")}

    assert {"acct", "pi", "ch", "re"} <= prefixes
    assert [prefix for prefix in sorted(prefixes) if f"`{prefix}_`" not in glossary] == []


def test_no_two_kinds_of_objects_share_a_prefix() -> None:
    prefixes = [model.public_prefix for model in our_models() if getattr(model, "public_prefix", "")]

    assert sorted(prefixes) == sorted(set(prefixes))


def test_every_setting_from_the_environment_is_explained() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    # The test settings are told their database's name by the runner.
    settings = [
        module
        for module in all_modules()
        if module.path.startswith("payments_site/settings/") and module.parts[-1] != "test"
    ]

    read = set().union(*(settings_read(module.text) for module in settings))

    assert "DATABASE_URL" in read
    assert sorted(name for name in read if name not in example) == []


def test_the_readers_of_documents_bite(tmp_path: Path) -> None:
    (tmp_path / "here.md").touch()

    text = "[a](here.md) [b](gone.md) [c](https://example.com) [d](#part) [e](here.md#part)"

    assert broken_links(tmp_path / "page.md", text) == ["gone.md"]
    assert settings_read('env.int("A_B", default=1) os.environ["C"] os.environ.get("D_1")') == {
        "A_B",
        "C",
        "D_1",
    }
