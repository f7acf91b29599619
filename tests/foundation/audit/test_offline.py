"""An export proves itself without a database: what was tampered with before or after it was written is named."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foundation.audit.exporting import export_seals
from foundation.audit.offline import ExportUnreadable, verify_export
from foundation.audit.reading import get_signing_key
from foundation.audit.signing import SigningKey
from foundation.tenancy.models import Merchant
from tests.architecture.source import ROOT
from tests.factories.owner import past_the_triggers
from tests.foundation.audit.sealed import SEALED, business, ids_of, named, seal_all

pytestmark = pytest.mark.django_db(transaction=True)

Line = dict[str, Any]


@pytest.fixture
def sealed(merchant: Merchant) -> Merchant:
    for number in range(3):
        business(merchant, f"capture:{number}a", f"capture:{number}b")
        seal_all()
    return merchant


def said_of(path: Path) -> list[tuple[str, int | None, str | None, str | None]]:
    return named(verify_export(path, get_signing_key().verifying).findings)


def rewritten(path: Path, change: Callable[[list[Line]], None]) -> Path:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    change(lines)
    path.write_text(
        "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines)
    )
    return path


@pytest.fixture
def export(sealed: Merchant, tmp_path: Path) -> Path:
    export_seals(tmp_path / "seals.jsonl")
    return tmp_path / "seals.jsonl"


def row_of(lines: list[Line], key: str) -> Line:
    return next(line for line in lines if line["type"] == "row" and line["key"] == key)


def test_what_nobody_touched_is_whole(export: Path, sealed: Merchant) -> None:
    outcome = verify_export(export, get_signing_key().verifying)

    assert (outcome.findings.count, outcome.seals, outcome.first, outcome.last) == (0, 3, 1, 3)
    assert outcome.rows == sum(len(ids_of(table)) for table in SEALED)


@pytest.mark.parametrize("table", ["ledger_posting", "foundation_event"])
def test_rows_tampered_with_before_the_export_are_named(sealed: Merchant, tmp_path: Path, table: str) -> None:
    keys = ids_of(table)
    column = "currency" if table == "ledger_posting" else "type"
    past_the_triggers(f"UPDATE {table} SET {column} = 'eur' WHERE id::text = %s", [keys[0]])
    past_the_triggers(f"DELETE FROM {table} WHERE id::text = %s", [keys[-1]])

    export_seals(tmp_path / "seals.jsonl")

    assert said_of(tmp_path / "seals.jsonl") == [
        ("row_changed", 1, table, keys[0]),
        ("row_missing", 3, table, keys[-1]),
    ]


def test_a_row_changed_in_the_file_is_named(export: Path) -> None:
    key = ids_of("ledger_posting")[0]

    def change(lines: list[Line]) -> None:
        row = row_of(lines, key)
        row["text"] = row["text"].replace("1000", "9000")

    assert said_of(rewritten(export, change)) == [
        ("row_changed", 1, "ledger_posting", key),
        ("file_changed", None, None, None),
    ]


def test_a_row_taken_from_the_file_is_named(export: Path) -> None:
    key = ids_of("foundation_event")[2]

    def change(lines: list[Line]) -> None:
        lines.remove(row_of(lines, key))

    assert said_of(rewritten(export, change))[0] == ("row_missing", 2, "foundation_event", key)


def test_a_row_put_into_the_file_is_named(export: Path) -> None:
    key = ids_of("ledger_posting")[-1]

    def change(lines: list[Line]) -> None:
        row = row_of(lines, key)
        lines.insert(lines.index(row) + 1, row | {"key": "999999999999"})

    assert said_of(rewritten(export, change))[0] == ("row_added", 3, "ledger_posting", "999999999999")


def test_a_seal_taken_from_the_file_is_named(export: Path) -> None:
    def change(lines: list[Line]) -> None:
        starts = [number for number, line in enumerate(lines) if line["type"] == "seal"]
        del lines[starts[1] : starts[2]]

    assert said_of(rewritten(export, change))[0] == ("seal_missing", 2, None, None)


def test_rows_of_a_table_left_out_are_missed(export: Path) -> None:
    def change(lines: list[Line]) -> None:
        start = max(n for n, line in enumerate(lines) if line.get("table") == "ledger_posting")
        del lines[start:-1]

    assert said_of(rewritten(export, change))[0] == ("file_incomplete", 3, "ledger_posting", None)


def test_a_file_cut_off_after_a_seal_is_told_from_a_short_one(export: Path) -> None:
    def change(lines: list[Line]) -> None:
        del lines[[line["type"] for line in lines].index("seal", 2) :]

    assert said_of(rewritten(export, change)) == [("file_incomplete", None, None, None)]


def test_everything_signed_anew_with_another_key_is_refused(export: Path) -> None:
    strangers = SigningKey("c3RyYW5nZXJzIGtleSBzdHJhbmdlcnMga2V5IDEyMzQ=").verifying

    found = named(verify_export(export, strangers).findings)

    assert [kind for kind, *_ in found] == ["signature_wrong"] * 4


def test_a_part_of_the_chain_hangs_on_the_seal_before_it(sealed: Merchant, tmp_path: Path) -> None:
    path = tmp_path / "seals.jsonl"
    export_seals(path, first=2, last=2)

    outcome = verify_export(path, get_signing_key().verifying)

    assert (outcome.findings.count, outcome.first, outcome.last) == (0, 2, 2)


@pytest.mark.parametrize("text", ["", "{}", "not json\n", '{"type":"seal"}\n'])
def test_what_is_no_export_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)

    with pytest.raises(ExportUnreadable):
        verify_export(tmp_path / "file", get_signing_key().verifying)


def test_a_zipped_file_is_verified_by_the_public_key_in_a_process_without_django(
    sealed: Merchant, tmp_path: Path
) -> None:
    path = tmp_path / "seals.jsonl.gz"
    public_key = export_seals(path).public_key
    with gzip.open(path) as file:
        assert json.loads(file.readline())["public_key"] == public_key
    program = (
        "import runpy, sys; sys.modules['django'] = None; sys.argv = ['offline', *sys.argv[1:]];"
        "runpy.run_module('foundation.audit.offline', run_name='__main__')"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, str(path), "--public-key", public_key],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"] is True
