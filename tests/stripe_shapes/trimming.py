"""Writes the schema kept here: of Stripe's whole one, what the objects that we serve need.

`python -m tests.stripe_shapes.trimming` reads ../shared and writes spec/stripe_types.schema.json. To serve another
object, name it in SERVED and run it again. An object that is not served keeps only its name and id: we never expand
to one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared" / "tools" / "stripe_shapes"
WHOLE_SCHEMA = SHARED / "spec" / "stripe_types.schema.json"
KEPT_SCHEMA = HERE / "spec" / "stripe_types.schema.json"

SERVED = (
    "account",
    "balance",
    "balance_transaction",
    "billing.meter",
    "billing.meter_event",
    "charge",
    "coupon",
    "credit_note",
    "credit_note_line_item",
    "customer",
    "customer_balance_transaction",
    "deleted_coupon",
    "deleted_customer",
    "deleted_invoice",
    "deleted_invoiceitem",
    "deleted_subscription_item",
    "deleted_test_helpers.test_clock",
    "deleted_webhook_endpoint",
    "discount",
    "dispute",
    "event",
    "file",
    "invoice",
    "invoiceitem",
    "line_item",
    "payment_intent",
    "payment_method",
    "payout",
    "price",
    "product",
    "promotion_code",
    "radar.early_fraud_warning",
    "refund",
    "setup_intent",
    "subscription",
    "subscription_item",
    "subscription_schedule",
    "tax_rate",
    "test_helpers.test_clock",
    "webhook_endpoint",
)
_PREFIX = "#/$defs/"


def trimmed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with only the definitions that SERVED reaches."""
    names = schema["x-objects"]
    served = {kind: names[kind] for kind in SERVED}
    elsewhere = {name: kind for kind, name in names.items() if name not in served.values()}
    kept: dict[str, Any] = {}
    wanted = list(served.values())
    while wanted:
        name = wanted.pop()
        if name in kept:
            continue
        kept[name] = _stub(elsewhere[name]) if name in elsewhere else schema["$defs"][name]
        wanted.extend(_references(kept[name]))
    head = {name: schema[name] for name in ("$schema", "$comment")}
    return {**head, "x-objects": served, "$defs": dict(sorted(kept.items()))}


def as_text(schema: dict[str, Any]) -> str:
    """One definition per line, so that a change of it is a line of the diff."""
    definitions = schema["$defs"]
    head = {name: value for name, value in schema.items() if name != "$defs"}
    lines = [f"{json.dumps(name)}:{_compact(definition)}" for name, definition in definitions.items()]
    return _compact(head)[:-1] + ',"$defs":{\n' + ",\n".join(lines) + "\n}}\n"


def _stub(kind: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"id": {"type": "string"}, "object": {"const": kind.removeprefix("deleted_")}},
        "required": ["id", "object"],
    }


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield unquote(value["$ref"].removeprefix(_PREFIX))
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    KEPT_SCHEMA.write_text(as_text(trimmed(json.loads(WHOLE_SCHEMA.read_text()))))
