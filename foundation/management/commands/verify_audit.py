"""verify_audit [--export FILE]: exit status 1 and the first findings unless everything is as it was sealed."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from foundation.audit.audited_rows import Place, compare_slice, verify_triggers
from foundation.audit.chain import Finding, SealRecord
from foundation.audit.comparing import Findings
from foundation.audit.offline import ExportUnreadable, read_exported_seals, verify_export
from foundation.audit.reading import find_last_seal, find_seal, get_signing_key, unhurried
from foundation.audit.signing import KeyUnreadable, VerifyingKeys
from foundation.audit.verifying import verify_seals, verify_unsealed


class Command(BaseCommand):
    help = (
        "Verify the chain of seals, every sealed row, every audited row and the triggers."
        " With --export, verify a file of export_audit instead, without a database."
    )
    # The auditor's machine has no database to check.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--export", type=Path, help="A file of export_audit.")
        parser.add_argument(
            "--public-key", help="base64url; the public half of AUDIT_SIGNING_KEY when left out."
        )
        parser.add_argument(
            "--against",
            type=Path,
            help="An earlier export: its seals must still be the database's, so that none was cut off.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            keys = _keys(options["public_key"])
            if options["export"]:
                answer = verify_export(options["export"], keys).as_json()
            else:
                answer = _verify_database(keys, options["against"])
        except (ExportUnreadable, ImproperlyConfigured, KeyUnreadable, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(json.dumps(answer, indent=2))
        if not answer["ok"]:
            sys.exit(1)


def _keys(public_key: str | None) -> VerifyingKeys:
    return VerifyingKeys.from_text(public_key) if public_key else get_signing_key().verifying


def _verify_database(keys: VerifyingKeys, earlier: Path | None) -> dict[str, Any]:
    findings, seals, rows = Findings(), 0, 0
    last: SealRecord | None = None
    with unhurried():
        newest = find_last_seal()
        for window in verify_seals(keys, last=newest.number if newest else 0):
            findings.join(window.findings)
            last, seals, rows = window.last, seals + window.seals, rows + window.rows
        unsealed, found = verify_unsealed(newest)
        findings.join(found)
        if earlier is not None:
            findings.join(_verify_against(earlier))
        findings.join(verify_triggers())
        audited, found = _verify_audited_rows()
        findings.join(found)
    return {
        "ok": not findings.count,
        "seals": seals,
        "rows": rows,
        "unsealed_rows": unsealed,
        "audited_rows": audited,
        "last_seal": last.number if last else None,
        "last_sealed_at": last.sealed_at if last else None,
        "head_hash": last.hash if last else "",
        "finding_count": findings.count,
        "findings": [asdict(finding) for finding in findings.first],
    }


def _verify_against(earlier: Path) -> Findings:
    findings = Findings()
    for exported in read_exported_seals(earlier):
        seal = find_seal(exported.number)
        if seal is None or seal.hash != exported.hash:
            state = "is gone" if seal is None else "is another one"
            said = f"Seal {exported.number} of the export {state} in the database."
            findings.add(Finding("seal_missing" if seal is None else "seal_changed", said, exported.number))
    return findings


def _verify_audited_rows() -> tuple[int, Findings]:
    findings, rows = Findings(), 0
    place: Place | None = Place()
    while place is not None:
        part = compare_slice(place)
        rows += part.rows
        place = part.place
        findings.join(part.findings)
    return rows, findings
