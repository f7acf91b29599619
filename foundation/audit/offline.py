"""An exported file beside its signatures: the same proof as verifying.py, without a database and without Django.

    python -m foundation.audit.offline FILE --public-key KEY

needs Python, the `cryptography` package and this folder. The public key comes from us by another way than the
file: `export_audit` prints it. The file is read as a stream.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from foundation.audit.chain import Finding, SealedPart, SealRecord, check_seal
from foundation.audit.comparing import Findings, Leaf, Row, compare_part
from foundation.audit.signing import KeyUnreadable, VerifyingKeys

HASH_DIGITS = 64


class ExportUnreadable(ValueError):
    """The file is not one of our exports, or breaks off inside a line."""


@dataclass
class Outcome:
    """What an export proves. first, last: numbers of the seals; head_hash: of the last one."""

    seals: int = 0
    rows: int = 0
    first: int | None = None
    last: int | None = None
    head_hash: str = ""
    findings: Findings = field(default_factory=Findings)

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": not self.findings.count,
            "seals": self.seals,
            "rows": self.rows,
            "first_seal": self.first,
            "last_seal": self.last,
            "head_hash": self.head_hash,
            "finding_count": self.findings.count,
            "findings": [asdict(finding) for finding in self.findings.first],
        }


def verify_export(path: Path, keys: VerifyingKeys) -> Outcome:
    """Verify a file. Raises ExportUnreadable, OSError."""
    with _open(path) as file:
        return _Reader(file, keys).verify()


def read_exported_seals(path: Path) -> Iterator[SealRecord]:
    """The seals of a file, unjudged. Raises ExportUnreadable, OSError."""
    with _open(path) as file:
        for line in _Lines(file):
            if line["type"] == "seal":
                yield _seal_of(line)


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def _seal_of(line: dict[str, Any]) -> SealRecord:
    try:
        return SealRecord.from_json(line["seal"])
    except (AttributeError, KeyError, TypeError):
        raise ExportUnreadable("A seal of the file lacks what a seal has.") from None


class _Lines:
    """The lines of a file, one of which may be looked at before it is taken; the digest of those taken."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._ahead: tuple[bytes, dict[str, Any]] | None = None
        self._digest = hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while (line := self.take()) is not None:
            yield line

    def peek(self) -> dict[str, Any] | None:
        if self._ahead is None:
            try:
                text = self._file.readline()
                if not text:
                    return None
                line = json.loads(text)
                line["type"]
            except (EOFError, gzip.BadGzipFile, KeyError, TypeError, ValueError):
                raise ExportUnreadable("The file is no export, or it breaks off.") from None
            self._ahead = text, line
        return self._ahead[1]

    def take(self) -> dict[str, Any] | None:
        line = self.peek()
        if self._ahead is not None:
            self._digest.update(self._ahead[0])
            self._ahead = None
        return line


class _Reader:
    def __init__(self, file: IO[bytes], keys: VerifyingKeys) -> None:
        self._lines = _Lines(file)
        self._keys = keys
        self._outcome = Outcome()

    def verify(self) -> Outcome:
        header = self._lines.take()
        if header is None or header["type"] != "header":
            raise ExportUnreadable("The file is no export: it has no header.")
        previous = SealRecord.from_json(header["before"]) if header.get("before") else None
        while (line := self._lines.peek()) is not None and line["type"] == "seal":
            self._lines.take()
            previous = self._verify_seal(_seal_of(line), previous)
        self._verify_end()
        return self._outcome

    def _verify_seal(self, seal: SealRecord, previous: SealRecord | None) -> SealRecord:
        outcome = self._outcome
        outcome.seals += 1
        outcome.first = seal.number if outcome.first is None else outcome.first
        outcome.last, outcome.head_hash = seal.number, seal.hash
        faults = list(check_seal(seal, previous, self._keys))
        outcome.findings.extend(faults)
        is_ours = not any(fault.kind in ("seal_changed", "signature_wrong") for fault in faults)
        unseen = set(seal.parts)
        while (line := self._lines.peek()) is not None and line["type"] == "part":
            self._lines.take()
            table = str(line.get("table"))
            unseen.discard(table)
            self._verify_part(seal, table, previous, is_ours=is_ours and table in seal.parts)
        for table in sorted(unseen if is_ours else ()):
            said = f"The file has no rows of {table} for seal {seal.number}."
            outcome.findings.add(Finding("file_incomplete", said, seal.number, table))
        return seal

    def _verify_part(
        self, seal: SealRecord, table: str, previous: SealRecord | None, *, is_ours: bool
    ) -> None:
        streams = _PartStreams(self._lines)
        if is_ours:
            part = seal.parts[table]
            found = compare_part(
                seal.number,
                table,
                part,
                leaves=streams.leaves(),
                rows=streams.rows(),
                sealed_before_at=_sealed_before_at(part, previous),
            )
            self._outcome.findings.join(found)
        streams.skip_rest()
        self._outcome.rows += streams.count

    def _verify_end(self) -> None:
        outcome, digest, end = self._outcome, self._lines.digest, self._lines.take()
        if end is None or end["type"] != "end":
            outcome.findings.add(Finding("file_incomplete", "The file breaks off: it has no signed end."))
            return
        signed = str(end.get("digest"))
        if not self._keys.approves(str(end.get("key_id")), str(end.get("signature")), signed.encode()):
            outcome.findings.add(Finding("signature_wrong", "The end of the file is not signed by us."))
        elif signed != digest or self._lines.take() is not None:
            outcome.findings.add(Finding("file_changed", "The file is not what was exported."))


class _PartStreams:
    """Leaves and rows of one part, which stand in the file page by page, as two streams side by side."""

    def __init__(self, lines: _Lines) -> None:
        self._lines = lines
        self._leaves: deque[Leaf] = deque()
        self._rows: deque[Row] = deque()
        self.count = 0

    def leaves(self) -> Iterator[Leaf]:
        while self._leaves or self._read_until(self._leaves):
            yield self._leaves.popleft()

    def rows(self) -> Iterator[Row]:
        while self._rows or self._read_until(self._rows):
            yield self._rows.popleft()

    def skip_rest(self) -> None:
        while self._read_line():
            self._leaves.clear()
            self._rows.clear()

    def _read_until(self, wanted: deque[Any]) -> bool:
        while not wanted and self._read_line():
            pass
        return bool(wanted)

    def _read_line(self) -> bool:
        line = self._lines.peek()
        if line is None or line["type"] not in ("leaves", "row"):
            return False
        self._lines.take()
        try:
            if line["type"] == "row":
                self.count += 1
                self._rows.append((str(line["key"]), str(line["text"])))
            else:
                for number, key in enumerate(line["keys"]):
                    digits = line["hashes"][number * HASH_DIGITS : (number + 1) * HASH_DIGITS]
                    self._leaves.append((str(key), bytes.fromhex(digits)))
        except (KeyError, TypeError, ValueError):
            raise ExportUnreadable("A line of the file lacks what it should have.") from None
        return True


def _sealed_before_at(part: SealedPart, previous: SealRecord | None) -> datetime | None:
    return datetime.fromisoformat(previous.sealed_at) if previous and part.from_xid else None


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Verify an exported file of seals, with its public key only."
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--public-key", required=True, help="base64url, as export_audit printed it")
    options = parser.parse_args()
    try:
        outcome = verify_export(options.file, VerifyingKeys.from_text(options.public_key))
    except (ExportUnreadable, KeyUnreadable, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(outcome.as_json(), indent=2) + "\n")
    return 0 if not outcome.findings.count else 1


if __name__ == "__main__":
    sys.exit(main())
