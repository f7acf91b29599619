"""Breaks as a file that people fill in: written for a spreadsheet, read back as the changes asked for.

Not here: doing them (operations/apply_break_file.py). Cells that a spreadsheet would take for a formula are written
with an apostrophe before them, which is taken off again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from foundation.ids import PublicIdInvalid, decode_id
from foundation.money import EXPONENTS, Money
from ledger.models import BreakFileRow, ReconciliationBreak
from ledger.reconciliation.errors import BreakFileInvalid

COLUMNS = (
    "break",
    "kind",
    "psp_account",
    "source",
    "reference",
    "currency",
    "at_psp",
    "at_us",
    "difference",
    "occurred",
    "status",
    "owner",
    "explanation",
    "write_off_reason",
)
FILLED_IN = ("owner", "explanation", "write_off_reason")
LIMITS = {"owner": 150, "explanation": 1_000, "write_off_reason": 500}
MAX_ROWS = 100_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class BreakChange:
    """What a row asks for; empty: nothing. line: of the file. problem: why the row cannot be done."""

    line: int
    break_id: UUID | None
    public_id: str
    owner: str = ""
    explanation: str = ""
    write_off_reason: str = ""
    problem: str = ""

    @property
    def asks(self) -> list[str]:
        """In words: ["owner: ada", "write off: …"]."""
        asked = {"owner": self.owner, "explanation": self.explanation, "write off": self.write_off_reason}
        return [f"{name}: {value}" for name, value in asked.items() if value]


def write_break_rows(breaks: Iterable[ReconciliationBreak]) -> Iterator[str]:
    """CSV, a header and a line at a time. The write_off_reason of a fresh file is empty: filling it in asks for a
    write-off."""
    yield from _csv(COLUMNS, (_cells(found) for found in breaks))


def write_outcome_rows(rows: Iterable[BreakFileRow]) -> Iterator[str]:
    """CSV, a header and a line at a time: what each row asked for, and what became of it."""
    asked = (
        [
            str(r.line_number),
            r.named,
            r.owner,
            r.explanation,
            r.write_off_reason,
            r.outcome or r.problem or "waits",
        ]
        for r in rows
    )
    yield from _csv(("line", "break", *FILLED_IN, "outcome"), asked)


def _csv(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in chain([header], rows):
        writer.writerow(map(_guarded, row))
        yield text.getvalue()
        text.seek(0)
        text.truncate()


def _cells(found: ReconciliationBreak) -> list[str]:
    return [
        found.public_id,
        found.kind,
        found.psp_account,
        found.source,
        found.reference,
        found.currency,
        _amount(found.psp_minor, found.line_currency or found.currency),
        _amount(found.book_minor, found.currency),
        _amount(found.amount_minor, found.currency),
        found.occurred_at.isoformat(),
        found.status,
        found.owner,
        found.explanation,
        "",
    ]


def _amount(minor: int | None, currency: str) -> str:
    if minor is None:
        return ""
    return str(Money(minor, currency)).split(" ")[0] if currency in EXPONENTS else f"{minor} minor"


def _guarded(cell: str) -> str:
    is_number = cell.removeprefix("-").replace(".", "", 1).isdigit()
    return f"'{cell}" if cell.startswith(_FORMULA) and not is_number else cell


def read_break_file(content: bytes) -> list[BreakChange]:
    """The rows that ask for something, and those that cannot be read. Raises BreakFileInvalid for another file."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig", errors="replace")))
    if rows.fieldnames is None or not {"break", *FILLED_IN} <= set(rows.fieldnames):
        raise BreakFileInvalid()
    changes: list[BreakChange] = []
    seen: set[UUID] = set()
    try:
        for line, row in enumerate(rows, start=2):
            change = _change(line, {name: _unguarded(row.get(name)) for name in ("break", *FILLED_IN)}, seen)
            if change.problem or change.asks:
                changes.append(change)
            if len(changes) > MAX_ROWS:
                raise BreakFileInvalid(f"A file changes at most {MAX_ROWS} breaks.")
    except csv.Error as error:
        raise BreakFileInvalid(f"The file is not CSV: {error}.") from None
    return changes


def _change(line: int, row: dict[str, str], seen: set[UUID]) -> BreakChange:
    public_id = row["break"][:64]
    try:
        break_id = decode_id(ReconciliationBreak.public_prefix, public_id)
    except PublicIdInvalid:
        return BreakChange(line, None, public_id, problem="This is no id of a break.")
    asked = {name: row[name] for name in FILLED_IN}
    problem = next((f"The {n} is too long." for n, limit in LIMITS.items() if len(asked[n]) > limit), "")
    if break_id in seen:
        problem = "The break is in the file twice."
    seen.add(break_id)
    return BreakChange(line, break_id, public_id, problem=problem, **asked)


def _unguarded(cell: str | None) -> str:
    cell = (cell or "").strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
