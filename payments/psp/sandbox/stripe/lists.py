"""Lists: newest first, cursors by object, filters by column and by creation time."""

from typing import Any

from ..books import Body, Record
from ..schema import COLUMNS
from . import shapes
from .call import Call
from .refusals import invalid, missing_object

PAGING = ("limit", "starting_after", "ending_before", "expand", "created")
_BOUNDS = {"gte": (">=", 0), "gt": (">=", 1), "lt": ("<", 0), "lte": ("<", 1)}


def list_page(call: Call, table: str, url: str, filters: tuple[str, ...] = (), **fixed: str) -> Body:
    """One page. `filters` are parameters that are also columns; `fixed` are columns the endpoint sets."""
    conditions, values = conditions_of(call, table, filters, fixed)
    return page_of(call, table, url, conditions, values)


def conditions_of(
    call: Call, table: str, filters: tuple[str, ...], fixed: dict[str, str] | None = None
) -> tuple[list[str], list[Any]]:
    conditions = ["account = ?"]
    values: list[Any] = [call.account]
    for name in filters:
        value = call.text(name)
        if value is not None:
            conditions.append(f"{name} = ?")
            values.append(value)
    for name, value in (fixed or {}).items():
        if name not in COLUMNS[table]:
            raise LookupError(f"{table} has no column {name}")
        conditions.append(f"{name} = ?")
        values.append(value)
    _created(call, conditions, values)
    if call.orders.lag_seconds:
        conditions.append("created_at <= ?")
        values.append(call.now - call.orders.lag_seconds)
    return conditions, values


def page_of(call: Call, table: str, url: str, conditions: list[str], values: list[Any]) -> Body:
    limit = page_limit(call)
    after, before = call.text("starting_after"), call.text("ending_before")
    if after and before:
        raise invalid("You can only specify one of these parameters: starting_after, ending_before.")
    if after or before:
        conditions.append("seq < ?" if after else "seq > ?")
        values.append(_position(call, table, after or before or ""))
    order = "ASC" if before else "DESC"
    rows = call.books.select(
        table, " AND ".join(conditions), [*values, limit + 1], f"ORDER BY seq {order} LIMIT ?"
    )
    has_more = len(rows) > limit
    page = rows[:limit][::-1] if before else rows[:limit]
    return shapes.page(url, [row.body for row in page], has_more)


def page_limit(call: Call) -> int:
    limit = call.integer("limit")
    if limit is None:
        return 10
    if not 1 <= limit <= 100:
        bound = "greater than or equal to 1" if limit < 1 else "less than or equal to 100"
        raise invalid(f"This value must be {bound}.", code="parameter_invalid_integer", param="limit")
    return limit


def newest(call: Call, table: str, where: str, *values: Any) -> list[Record]:
    return call.books.select(table, f"account = ? AND {where}", (call.account, *values), "ORDER BY seq DESC")


def _position(call: Call, table: str, object_id: str) -> int:
    row = call.books.row(
        f"SELECT seq FROM {table} WHERE id = ? AND account = ?",  # noqa: S608 - table is ours
        (object_id, call.account),
    )
    if row is None:
        param = "starting_after" if call.text("starting_after") else "ending_before"
        raise missing_object(table.rstrip("s"), object_id, param)
    return int(row[0])


def _created(call: Call, conditions: list[str], values: list[Any]) -> None:
    given = call.params.get("created")
    if given in (None, ""):
        return
    # Rows keep fractions of seconds while the API speaks whole ones: `lte 5` means before 6.
    bounds = given if isinstance(given, dict) else {"gte": given, "lte": given}
    for name, text in bounds.items():
        if name not in _BOUNDS:
            raise invalid(
                f"Received unknown parameter: created[{name}]", code="parameter_unknown", param="created"
            )
        operator, shift = _BOUNDS[name]
        try:
            second = int(text)
        except (TypeError, ValueError):
            raise invalid(
                f"Invalid integer: {text}", code="parameter_invalid_integer", param="created"
            ) from None
        conditions.append(f"created_at {operator} ?")
        values.append(second + shift)
