"""Rows beside the leaves that were sealed: the first that differs, is missing or was added, by name.

Leaves and rows stream past each other in the order of their key, so a part of any size takes the memory of
two rows. The leaves are believed because they give the signed root; when they do not, that is a finding too.
Free of Django: the offline verifier stands on it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from foundation.audit.chain import Finding, SealedPart
from foundation.audit.merkle import MerkleRoot, leaf_hash

Leaf = tuple[str, bytes]
"""A row's key and the hash it had when it was sealed."""
Row = tuple[str, str]
"""A row's key and its text as PostgreSQL renders it now."""

FIRST_FINDINGS = 20
# Wider than any transaction lasts (60 s) and any clock we tolerate is off (10 min).
DATE_TOLERANCE = timedelta(minutes=15)


@dataclass
class Findings:
    """The first findings, and the count of all."""

    limit: int = FIRST_FINDINGS
    count: int = 0
    first: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        self.count += 1
        if len(self.first) < self.limit:
            self.first.append(finding)

    def extend(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.add(finding)

    def join(self, other: Findings) -> None:
        self.first += other.first[: self.limit - len(self.first)]
        self.count += other.count


def compare_part(
    number: int,
    table: str,
    part: SealedPart,
    *,
    leaves: Iterable[Leaf],
    rows: Iterable[Row],
    sealed_before_at: datetime | None,
) -> Findings:
    """What became of the rows of one table in one seal.

    number: the seal's. sealed_before_at: when the previous seal was made; a row that claims to be much older
    and is not in it was written later than it says.
    """
    stored, standing = MerkleRoot(), MerkleRoot()
    findings = Findings()
    earliest = sealed_before_at - DATE_TOLERANCE if sealed_before_at else None
    for leaf, row in _side_by_side(leaves, rows):
        if leaf is not None:
            stored.add(leaf[1])
        if row is not None:
            standing.add(hash_now := leaf_hash(table, row[1]))
        if row is None:
            assert leaf is not None
            findings.add(_finding("row_missing", "was sealed and is missing", number, table, leaf[0]))
        elif leaf is None:
            findings.add(_finding("row_added", "was added after it was sealed", number, table, row[0]))
        elif leaf[1] != hash_now:
            findings.add(_finding("row_changed", "differs from what was sealed", number, table, row[0]))
        elif claimed := _too_old(earliest, row[1], part.dated_by):
            said = f"says {claimed}, but was not there when the seal before was made"
            findings.add(_finding("row_misdated", said, number, table, row[0]))
    if (stored.root(), stored.rows) == (part.root, part.rows):
        return findings
    return _leaves_altered(number, table, standing.root() == part.root, findings)


def _leaves_altered(number: int, table: str, rows_are_whole: bool, findings: Findings) -> Findings:
    altered = Findings()
    end = "the rows themselves are as sealed" if rows_are_whole else "the rows beside them cannot be trusted"
    altered.add(
        Finding(
            "leaves_changed",
            f"The stored leaves of {table} in seal {number} do not give the signed root; {end}.",
            number,
            table,
        )
    )
    if not rows_are_whole:
        altered.join(findings)
    return altered


def _finding(kind: str, said: str, number: int, table: str, key: str) -> Finding:
    return Finding(kind, f"{table} {key} {said} (seal {number}).", number, table, key)


def _side_by_side(leaves: Iterable[Leaf], rows: Iterable[Row]) -> Iterator[tuple[Leaf | None, Row | None]]:
    leaf_stream, row_stream = iter(leaves), iter(rows)
    leaf, row = next(leaf_stream, None), next(row_stream, None)
    while leaf is not None or row is not None:
        if row is None or (leaf is not None and order_of(leaf[0]) < order_of(row[0])):
            yield leaf, None
            leaf = next(leaf_stream, None)
        elif leaf is None or order_of(row[0]) < order_of(leaf[0]):
            yield None, row
            row = next(row_stream, None)
        else:
            yield leaf, row
            leaf, row = next(leaf_stream, None), next(row_stream, None)


def order_of(key: str) -> str:
    """The key in a form that sorts as PostgreSQL sorts it: keys are positive whole numbers or UUIDs."""
    return key.rjust(20, "0")


def _too_old(earliest: datetime | None, text: str, column: str | None) -> str | None:
    if earliest is None or column is None:
        return None
    claimed = str(json.loads(text)[column])
    return claimed if datetime.fromisoformat(claimed) < earliest else None
