"""`expand[]=latest_charge.balance_transaction`: replaces ids by the objects they name."""

from typing import Any

from ..books import Body
from . import shapes
from .call import Call
from .refusals import invalid

MAX_DEPTH = 4
_TABLE_OF_PREFIX = {
    "pi": "payment_intents",
    "ch": "charges",
    "re": "refunds",
    "cus": "customers",
    "pm": "payment_methods",
    "seti": "setup_intents",
    "txn": "balance_transactions",
    "po": "payouts",
    "du": "disputes",
    "file": "files",
}


def expand(call: Call, body: Body, paths: list[str]) -> Body:
    """A copy with the members at `paths` expanded. Raises the 400 for what cannot be expanded."""
    for path in paths:
        parts = path.split(".")
        if len(parts) - (parts[0] == "data") > MAX_DEPTH:
            raise invalid(
                f"You cannot expand more than {MAX_DEPTH} levels of a property ({path}).", param="expand"
            )
        body = _expand(call, body, parts, path)
    return body


def _expand(call: Call, body: Body, parts: list[str], path: str) -> Body:
    name, rest = parts[0], parts[1:]
    if name == "data" and isinstance(body.get("data"), list):
        return body | {"data": [_expand(call, row, rest, path) for row in body["data"]]} if rest else body
    if name == "refunds" and body.get("object") == "charge":
        value: Any = _refunds_of(call, body["id"])
    elif name in body:
        value = body[name]
        if isinstance(value, str):
            value = _load(call, value, path)
    else:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    if rest and isinstance(value, dict):
        value = _expand(call, value, rest, path)
    return body | {name: value}


def _load(call: Call, object_id: str, path: str) -> Body:
    table = _TABLE_OF_PREFIX.get(object_id.partition("_")[0])
    record = call.books.find(table, call.account, object_id) if table else None
    if record is None:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    return record.body


def _refunds_of(call: Call, charge_id: str) -> Body:
    rows = call.books.select("refunds", "charge = ?", (charge_id,), "ORDER BY seq DESC LIMIT 11")
    return shapes.page(f"/v1/charges/{charge_id}/refunds", [row.body for row in rows[:10]], len(rows) > 10)
