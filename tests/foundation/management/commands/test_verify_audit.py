"""verify_audit: JSON, and the exit status says whether everything is as it was sealed; offline from a file too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from foundation.tenancy.models import Merchant
from tests.architecture.source import ROOT
from tests.factories.owner import past_the_triggers
from tests.foundation.audit.sealed import business, ids_of, seal_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sealed(merchant: Merchant) -> Merchant:
    business(merchant, "capture:1", "capture:2")
    seal_all()
    return merchant


def answer_of(*arguments: str) -> tuple[int, dict[str, Any]]:
    out = StringIO()
    status = 0
    try:
        call_command("verify_audit", *arguments, stdout=out)
    except SystemExit as end:
        status = int(end.code or 0)
    return status, json.loads(out.getvalue())


def exported(path: Path) -> dict[str, Any]:
    out = StringIO()
    call_command("export_audit", str(path), stdout=out)
    return json.loads(out.getvalue())


def test_a_whole_database_is_told_as_json(sealed: Merchant) -> None:
    business(sealed, "capture:later")

    status, answer = answer_of()

    assert (status, answer["ok"], answer["findings"]) == (0, True, [])
    assert (answer["seals"], answer["last_seal"]) == (1, 1)
    assert answer["unsealed_rows"] == 4
    assert answer["audited_rows"] > 0


def test_a_changed_row_ends_with_status_one_and_is_named(sealed: Merchant) -> None:
    key = ids_of("ledger_posting")[0]
    past_the_triggers("UPDATE ledger_posting SET amount_minor = 1 WHERE id::text = %s", [key])

    status, answer = answer_of()

    assert (status, answer["ok"], answer["finding_count"]) == (1, False, 1)
    assert answer["findings"] == [
        {
            "kind": "row_changed",
            "said": f"ledger_posting {key} differs from what was sealed (seal 1).",
            "seal": 1,
            "table": "ledger_posting",
            "key": key,
        }
    ]


def test_an_export_is_verified_by_a_process_that_cannot_reach_the_database(
    sealed: Merchant, tmp_path: Path
) -> None:
    key = ids_of("foundation_event")[0]
    whole, tampered = tmp_path / "whole.jsonl", tmp_path / "tampered.jsonl"
    exported(whole)
    past_the_triggers("DELETE FROM foundation_event WHERE id::text = %s", [key])
    exported(tampered)
    nobody = "postgres://nobody@127.0.0.1:9/nowhere"
    nowhere = os.environ | {"DATABASE_URL": nobody, "DATABASE_OWNER_URL": ""}

    answers = [
        subprocess.run(
            [sys.executable, "manage.py", "verify_audit", "--export", str(path)],
            cwd=ROOT,
            env=nowhere,
            capture_output=True,
            text=True,
            check=False,
        )
        for path in (whole, tampered)
    ]

    assert [one.returncode for one in answers] == [0, 1], answers[0].stderr
    assert [(one["kind"], one["key"]) for one in json.loads(answers[1].stdout)["findings"]] == [
        ("row_missing", key)
    ]


def test_seals_cut_off_together_with_their_rows_are_missed_by_an_earlier_export(
    sealed: Merchant, tmp_path: Path
) -> None:
    business(sealed, "capture:3")
    seal_all()
    head = exported(tmp_path / "kept.jsonl")["head_hash"]
    assert answer_of("--against", str(tmp_path / "kept.jsonl"))[1]["head_hash"] == head

    for table in ("foundation_seal WHERE number", "foundation_sealpage WHERE seal_number"):
        past_the_triggers(f"DELETE FROM {table} = 2")

    status, answer = answer_of("--against", str(tmp_path / "kept.jsonl"))
    assert status == 1
    assert [(one["kind"], one["seal"]) for one in answer["findings"]] == [("seal_missing", 2)]


def test_a_file_that_is_no_export_and_a_key_that_is_no_key_are_refused_with_a_sentence(
    db: None, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("not an export\n")

    with pytest.raises(CommandError, match="no export"):
        call_command("verify_audit", "--export", str(tmp_path / "notes.txt"), stdout=StringIO())
    with pytest.raises(CommandError, match="No such file"):
        call_command("verify_audit", "--export", str(tmp_path / "absent"), stdout=StringIO())
    with pytest.raises(CommandError, match="base64url"):
        call_command("verify_audit", "--public-key", "!", stdout=StringIO())
