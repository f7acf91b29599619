"""Stripe's search query language: `status:'succeeded' AND amount>1000 AND -metadata['order']:null`.

A query is up to ten clauses joined by AND or by OR, never both. Each app says which fields it lets be
searched.

Source: https://docs.stripe.com/search#search-query-language, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.lookups import IContains

from foundation import clock, ids
from foundation.http.errors import SearchQueryInvalid
from foundation.http.fields import MAX_TIMESTAMP

MAX_CLAUSES = 10
SHORTEST_SUBSTRING = 3

_CLAUSE = re.compile(
    r"""\s*(?P<minus>-)?(?P<field>[a-z_][a-z0-9_.]*)
        (?:\[(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\])?
        \s*(?P<operator>:|~|>=|<=|>|<)\s*
        (?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|null|-?[0-9]{1,18}|[A-Za-z0-9_]+)""",
    re.VERBOSE,
)
_JOIN = re.compile(r"\s+(AND|OR)\s+|\s+", re.IGNORECASE)
_LOOKUPS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


class Kind(Enum):
    """What a field compares: whole words, text (also by part, without regard to case), numbers, instants,
    public ids, or the metadata of the row."""

    WORD = "word"
    TEXT = "text"
    NUMBER = "number"
    TIMESTAMP = "timestamp"
    ID = "id"
    METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class SearchField:
    """column: Django's name of it. prefix: of a public id."""

    column: str
    kind: Kind
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class _Clause:
    field: str
    key: str | None
    operator: str
    value: str | None
    is_negated: bool


def search_filter(query: str, fields: Mapping[str, SearchField]) -> Q:
    """The query as a filter. Raises SearchQueryInvalid, with what is wrong, for anything that is no query."""
    clauses, is_any = _parsed(query)
    found = Q()
    for clause in clauses:
        condition = _condition(clause, fields)
        condition = ~condition if clause.is_negated else condition
        found = found | condition if is_any else found & condition
    return found


def _parsed(query: str) -> tuple[list[_Clause], bool]:
    clauses: list[_Clause] = []
    joins: set[str] = set()
    text = query.strip()
    position = 0
    while True:
        match = _CLAUSE.match(text, position)
        if match is None:
            raise _invalid(f"Expected a clause such as field:'value' at {text[position : position + 40]!r}.")
        clauses.append(_clause_of(match))
        position = match.end()
        if position == len(text):
            break
        join = _JOIN.match(text, position)
        if join is None:
            raise _invalid(f"Expected AND or OR at {text[position : position + 40]!r}.")
        joins.add((join[1] or "AND").upper())
        position = join.end()
    if len(joins) > 1:
        raise _invalid("AND and OR cannot be used in the same query.")
    if len(clauses) > MAX_CLAUSES:
        raise _invalid(f"A query has at most {MAX_CLAUSES} clauses.")
    return clauses, joins == {"OR"}


def _clause_of(match: re.Match[str]) -> _Clause:
    value = None if match["value"] == "null" else _unquoted(match["value"])
    key = _unquoted(match["key"]) if match["key"] is not None else None
    return _Clause(match["field"], key, match["operator"], value, match["minus"] is not None)


def _unquoted(text: str) -> str:
    if text[0] not in "\"'":
        return text
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _condition(clause: _Clause, fields: Mapping[str, SearchField]) -> Q:
    field = fields.get(clause.field)
    if field is None:
        raise _invalid(f"The field {clause.field[:50]!r} cannot be searched.")
    if (clause.key is not None) != (field.kind is Kind.METADATA):
        raise _invalid(
            f"Write metadata['key'] for metadata, and other fields without brackets: {clause.field}."
        )
    if field.kind is Kind.METADATA:
        return _of_metadata(clause, field)
    if clause.value is None:
        _refuse_operators(clause, ":")
        return Q(**{f"{field.column}__isnull": True})
    if field.kind in (Kind.NUMBER, Kind.TIMESTAMP):
        return _of_number(clause, field, clause.value)
    if field.kind is Kind.TEXT:
        return _of_text(clause, field.column, clause.value)
    _refuse_operators(clause, ":")
    return _of_id(field, clause.value) if field.kind is Kind.ID else Q(**{field.column: clause.value})


def _of_metadata(clause: _Clause, field: SearchField) -> Q:
    has_key = Q(**{f"{field.column}__has_key": clause.key})
    if clause.value is None:
        _refuse_operators(clause, ":")
        return ~has_key
    _refuse_operators(clause, ":", "~")
    if clause.operator == "~":
        _refuse_short(clause.value)
        # Not by keyword: a key such as "a__b" would be read as Django's lookups.
        return has_key & Q(IContains(KeyTextTransform(clause.key, field.column), clause.value))
    return Q(**{f"{field.column}__contains": {clause.key: clause.value}})


def _of_number(clause: _Clause, field: SearchField, value: str) -> Q:
    _refuse_operators(clause, ":", *_LOOKUPS)
    if not value.removeprefix("-").isdigit() or not value.isascii() or len(value) > 19:
        raise _invalid(f"{clause.field} is compared with a whole number.")
    number = int(value)
    if field.kind is Kind.NUMBER:
        return Q(**{f"{field.column}__{_LOOKUPS.get(clause.operator, 'exact')}": number})
    if not 0 <= number < MAX_TIMESTAMP:
        raise _invalid(f"{clause.field} is compared with Unix seconds.")
    # Rows are made between two seconds; what shows 12:00:00 is equal to 12:00:00.
    second, following = clock.from_timestamp(number), clock.from_timestamp(number + 1)
    return {
        ":": Q(**{f"{field.column}__gte": second, f"{field.column}__lt": following}),
        ">": Q(**{f"{field.column}__gte": following}),
        ">=": Q(**{f"{field.column}__gte": second}),
        "<": Q(**{f"{field.column}__lt": second}),
        "<=": Q(**{f"{field.column}__lt": following}),
    }[clause.operator]


def _of_text(clause: _Clause, column: str, value: str) -> Q:
    _refuse_operators(clause, ":", "~")
    if clause.operator == "~":
        _refuse_short(value)
        return Q(**{f"{column}__icontains": value})
    return Q(**{f"{column}__iexact": value})


def _of_id(field: SearchField, value: str) -> Q:
    try:
        return Q(**{field.column: ids.decode_id(field.prefix, value)})
    except ids.PublicIdInvalid:
        # Like an absent one: it matches no row.
        return Q(pk__in=[])


def _refuse_operators(clause: _Clause, *accepted: str) -> None:
    if clause.operator not in accepted:
        raise _invalid(f"{clause.field} cannot be compared with {clause.operator} here.")


def _refuse_short(value: str) -> None:
    if len(value) < SHORTEST_SUBSTRING:
        raise _invalid(f"A part of a text has at least {SHORTEST_SUBSTRING} characters.")


def _invalid(sentence: str) -> SearchQueryInvalid:
    return SearchQueryInvalid(f"We were unable to parse your search query. {sentence}", param="query")
