"""Stripe's search language, as far as payment objects need it: `metadata['order']:'7' AND
status:'succeeded'`.

Clauses are joined by AND or by OR, never both; `-` negates, `:` is equality, `~` a substring, `>` `<` compare
numbers, `:null` asks for absence. An equality on metadata goes through an index; everything else filters.
"""

import base64
import re
from dataclasses import dataclass
from typing import Any

from ..books import Body, Record
from . import shapes
from .call import Call
from .lists import page_limit
from .refusals import Refusal, invalid

SCAN_LIMIT = 10_000
_CLAUSE = re.compile(
    r"""\s*(?P<minus>-)?(?P<field>metadata\[\s*(?:'[^']*'|"[^"]*")\s*\]|[a-z_0-9.]+)\s*
        (?P<operator>:|~|>=|<=|>|<)\s*(?P<value>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s'"]+)\s*""",
    re.VERBOSE,
)
_JOINER = re.compile(r"(AND|OR)\b")


@dataclass(frozen=True, slots=True)
class Clause:
    field: str
    operator: str
    value: str | None
    is_negated: bool

    @property
    def metadata_key(self) -> str | None:
        return self.field[9:-1].strip()[1:-1] if self.field.startswith("metadata[") else None

    def holds(self, body: Body) -> bool:
        return self._holds(body) != self.is_negated

    def _holds(self, body: Body) -> bool:
        key = self.metadata_key
        found = (body.get("metadata") or {}).get(key) if key is not None else _member(body, self.field)
        if self.value is None:
            return found is None
        if found is None:
            return False
        if self.operator == ":":
            return str(found).lower() == self.value.lower()
        if self.operator == "~":
            return self.value.lower() in str(found).lower()
        try:
            left, right = int(str(found)), int(self.value)
        except ValueError:
            return False
        return {">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right}[self.operator]


def search(call: Call, table: str, url: str) -> Body:
    """One page of the objects that match `query`, newest first."""
    clauses, joiner = read_query(call.required_text("query"))
    limit = page_limit(call)
    before = _cursor(call)
    matches = [
        record
        for record in _candidates(call, table, clauses, joiner, before)
        if call.is_visible(record) and _matches(record.body, clauses, joiner)
    ]
    page = matches[:limit]
    following = (
        base64.urlsafe_b64encode(str(page[-1].seq).encode()).decode() if len(matches) > limit else None
    )
    return shapes.search_page(url, [record.body for record in page], following)


def read_query(query: str) -> tuple[list[Clause], str]:
    """Clauses and their joiner. Raises the 400 Stripe gives for a query it cannot read."""
    clauses: list[Clause] = []
    joiners: set[str] = set()
    position = 0
    while True:
        match = _CLAUSE.match(query, position)
        if match is None:
            raise _unreadable(query)
        raw = match["value"]
        value = None if raw.lower() == "null" else re.sub(r"\\(.)", r"\1", raw.strip("'\""))
        clauses.append(Clause(match["field"], match["operator"], value, match["minus"] is not None))
        position = match.end()
        if position == len(query):
            break
        joined = _JOINER.match(query, position)
        if joined:
            joiners.add(joined[1])
            position = joined.end()
    if len(joiners) > 1:
        raise _unreadable(query)
    return clauses, joiners.pop() if joiners else "AND"


def _candidates(call: Call, table: str, clauses: list[Clause], joiner: str, before: int) -> list[Record]:
    exact = [c for c in clauses if c.metadata_key is not None and c.operator == ":" and not c.is_negated]
    indexed = [c for c in exact if c.value is not None] if joiner == "AND" else []
    values: list[Any] = [call.account, before]
    if not indexed:
        where = "account = ? AND seq < ?"
        return call.books.select(table, where, [*values, SCAN_LIMIT], "ORDER BY seq DESC LIMIT ?")
    # The unary plus keeps SQLite from walking the whole account in order instead of the few ids named.
    where = (
        "+account = ? AND +seq < ? AND id IN "
        "(SELECT id FROM metadata WHERE kind = ? AND account = ? AND key = ? AND value = ?)"
    )
    values += [table, call.account, indexed[0].metadata_key, indexed[0].value, SCAN_LIMIT]
    return call.books.select(table, where, values, "ORDER BY +seq DESC LIMIT ?")


def _matches(body: Body, clauses: list[Clause], joiner: str) -> bool:
    results = (clause.holds(body) for clause in clauses)
    return all(results) if joiner == "AND" else any(results)


def _member(body: Body, path: str) -> object:
    value: object = body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _cursor(call: Call) -> int:
    page = call.text("page")
    if page is None:
        return 2**62
    try:
        return int(base64.urlsafe_b64decode(page.encode()).decode())
    except ValueError:
        raise invalid("Invalid page token.", param="page") from None


def _unreadable(query: str) -> Refusal:
    return invalid(f"We were unable to parse your search query: {query}", param="query")
