"""CSV reports: a header that names the columns, a reader per row, bad rows kept with their reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from ledger.reconciliation.errors import StatementUnreadable
from ledger.reconciliation.importers.lines import MAX_TEXT, LineUnreadable, ReadLine, Row, Unread

Columns = dict[str, int]
RowReader = Callable[[Sequence[str], int], ReadLine]


def read_csv(file: BinaryIO, header_to_reader: Callable[[Columns], RowReader]) -> Iterator[Row]:
    """Rows of a CSV file in UTF-8. header_to_reader: from the columns' positions to the reader of one row.

    Raises StatementUnreadable when there is no header or a column is missing (KeyError of header_to_reader).
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    try:
        rows = csv.reader(text)
        header = next(rows, [])
        try:
            read_row = header_to_reader({name.strip(): place for place, name in enumerate(header)})
        except KeyError as missing:
            raise StatementUnreadable(f"The file has no column {missing.args[0]}.") from None
        width = len(header)
        yield from _read_rows(rows, read_row, width)
    finally:
        text.detach()


def _read_rows(rows: Iterator[list[str]], read_row: RowReader, width: int) -> Iterator[Row]:
    number = 1
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Unread(number, "", f"Not CSV: {error}.")
            continue
        if not row:
            continue
        if len(row) != width:
            yield Unread(
                number, _as_text(row), f"The row has {len(row)} columns where the header has {width}."
            )
            continue
        try:
            yield read_row(row, number)
        except LineUnreadable as error:
            yield Unread(number, _as_text(row), str(error))


def _as_text(row: Sequence[str]) -> str:
    return ",".join(row).replace("\x00", "")[:MAX_TEXT]


def first_of(columns: Columns, *names: str) -> int:
    """The position of the first of these columns that the file has. Raises KeyError with the first name."""
    for name in names:
        if name in columns:
            return columns[name]
    raise KeyError(names[0])
