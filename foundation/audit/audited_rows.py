"""Rows beside their audit events, and triggers beside the migrations that made them.

A seal covers what is only ever added. A payment's row changes, so its proof is another: every change left an
audit event, the events are sealed, and what they add up to is the row as it stands. A row that was changed,
added or deleted past the trigger does not add up. Works in slices, so that a job can go round for ever.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from foundation.audit.chain import Finding
from foundation.audit.comparing import Findings
from foundation.audit.protected_tables import audited_tables, protections
from foundation.audit.protection import Audited

ROWS_PER_SLICE = 2_000

# What the events of a row add up to beside the row itself. Columns that came or went since do not count.
_ADD_UP = """
WITH slice AS MATERIALIZED (
    SELECT DISTINCT row_id FROM foundation_auditevent
    WHERE table_name = %(table)s AND row_id > %(after)s ORDER BY row_id LIMIT %(rows)s
)
SELECT slice.row_id, last.operation = 'DELETE', present.columns IS NOT NULL, (
    SELECT string_agg(said.key, ', ' ORDER BY said.key) FROM jsonb_each(told.columns) AS said
    WHERE said.key <> ALL (%(exclude)s) AND present.columns ? said.key
        AND present.columns -> said.key IS DISTINCT FROM said.value
)
FROM slice
CROSS JOIN LATERAL (
    SELECT event.operation FROM foundation_auditevent AS event
    WHERE event.table_name = %(table)s AND event.row_id = slice.row_id ORDER BY event.id DESC LIMIT 1
) AS last
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(said.key, said.value ORDER BY event.id) AS columns
    FROM foundation_auditevent AS event CROSS JOIN jsonb_each(event.after) AS said
    WHERE event.table_name = %(table)s AND event.row_id = slice.row_id AND event.after IS NOT NULL
) AS told
LEFT JOIN LATERAL (
    SELECT {present} AS columns FROM {table} AS standing
    WHERE standing.{key} = CASE WHEN pg_input_is_valid(slice.row_id, %(type)s) THEN slice.row_id::{type} END
) AS present ON true
ORDER BY slice.row_id
"""
_UNTOLD = """
WITH slice AS MATERIALIZED (
    SELECT {key} AS key FROM {table} WHERE %(after)s = '' OR {key} > nullif(%(after)s, '')::{type}
    ORDER BY {key} LIMIT %(rows)s
)
SELECT slice.key::text, EXISTS (
    SELECT FROM foundation_auditevent AS event
    WHERE event.table_name = %(table)s AND event.row_id = slice.key::text AND event.operation = 'INSERT'
) FROM slice ORDER BY slice.key
"""
_TRIGGERS = """
SELECT relation.relname, trigger.tgname, trigger.tgenabled IN ('O', 'A')
FROM pg_trigger AS trigger JOIN pg_class AS relation ON relation.oid = trigger.tgrelid
WHERE relation.relnamespace = current_schema()::regnamespace AND NOT trigger.tgisinternal
"""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a round has come: this table, its events (or its rows, when told), behind this row."""

    table: str = ""
    is_told: bool = False
    after: str = ""

    def as_text(self) -> str:
        return json.dumps([self.table, self.is_told, self.after])

    @classmethod
    def from_text(cls, text: str) -> Place:
        return cls(*json.loads(text)) if text else cls()


@dataclass(frozen=True, slots=True)
class Slice:
    """place: where it ended; None when the round is complete. rows: how many were looked at."""

    place: Place | None
    rows: int
    findings: Findings


def compare_slice(place: Place, *, rows_at_most: int = ROWS_PER_SLICE) -> Slice:
    """Compare the next rows behind `place` with what their audit events say."""
    tables = audited_tables()
    names = sorted(name for name in tables if name >= place.table)
    if not names:
        return Slice(None, 0, Findings())
    if names[0] != place.table:
        place = Place(names[0])
    audited = tables[place.table]
    findings = Findings()
    look = _look_at_rows if place.is_told else _look_at_events
    seen = list(look(audited, place.after, rows_at_most, findings))
    if len(seen) == rows_at_most:
        return Slice(replace(place, after=seen[-1]), len(seen), findings)
    if not place.is_told:
        return Slice(Place(place.table, True), len(seen), findings)
    return Slice(Place(names[1]) if len(names) > 1 else None, len(seen), findings)


def verify_triggers() -> Findings:
    """Every trigger that the migrations put on a table is there and fires."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS)
        firing = {(table, name): fires for table, name, fires in cursor.fetchall()}
    findings = Findings()
    for table, name in sorted(protections()):
        if not firing.get((table, name)):
            state = "is disabled" if (table, name) in firing else "is gone"
            findings.add(Finding("trigger_off", f"The trigger {name} of {table} {state}.", None, table))
    return findings


def _look_at_events(audited: Audited, after: str, rows: int, findings: Findings) -> Iterator[str]:
    for row_id, was_deleted, is_there, differing in _read(_ADD_UP, audited, after, rows):
        yield row_id
        said = ""
        if is_there and was_deleted:
            kind, said = "row_added", "was added past the audit after its deletion"
        elif not is_there and not was_deleted:
            kind, said = "row_missing", "was deleted past the audit"
        elif differing and not was_deleted:
            kind, said = "row_changed", f"was changed past the audit in {differing}"
        if said:
            said = f"{audited.table} {row_id} {said}."
            findings.add(Finding(kind, said, None, audited.table, row_id))


def _look_at_rows(audited: Audited, after: str, rows: int, findings: Findings) -> Iterator[str]:
    for key, is_told in _read(_UNTOLD, audited, after, rows):
        yield key
        if not is_told:
            said = f"{audited.table} {key} was added past the audit."
            findings.add(Finding("row_added", said, None, audited.table, key))


def _read(sql: str, audited: Audited, after: str, rows: int) -> list[tuple[Any, ...]]:
    quote = connection.ops.quote_name
    type_ = _type_of_key(audited)
    sql = sql.format(
        table=quote(audited.table), key=quote(audited.key), type=type_, present=_present_sql(audited)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "table": audited.table,
                "after": after,
                "rows": rows,
                "exclude": list(audited.exclude),
                "type": type_,
                **{f"secret{number}": name for number, name in enumerate(audited.secret)},
            },
        )
        return list(cursor.fetchall())


def _present_sql(audited: Audited) -> str:
    """The row as the trigger would render it: digests stand in for secrets."""
    present = "to_jsonb(standing)"
    for number in range(len(audited.secret)):
        name = f"%(secret{number})s"
        present = (
            f"jsonb_set({present}, ARRAY[{name}], foundation_digest(to_jsonb(standing) ->> {name}), false)"
        )
    return present


def _type_of_key(audited: Audited) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attname = %s",
            [connection.ops.quote_name(audited.table), audited.key],
        )
        return str(cursor.fetchone()[0])
