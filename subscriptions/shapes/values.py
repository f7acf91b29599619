"""Small parts that many shapes have in common."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from foundation.clock import to_timestamp
from foundation.ids import encode_id


def public(prefix: str, value: UUID | None) -> str | None:
    """The public id, or None where there is no row."""
    return None if value is None else encode_id(prefix, value)


def seconds(at: datetime | None) -> int | None:
    return None if at is None else to_timestamp(at)


def decimal_text(value: Decimal | None) -> str | None:
    """`1000`, `0.5`: without the zeros that the column pads it with."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def whole(value: Decimal | None) -> int | None:
    """The amount where it is a whole one, else None: Stripe's unit_amount beside unit_amount_decimal."""
    return None if value is None or value != value.to_integral_value() else int(value)


def as_number(value: Decimal) -> Any:
    """A percentage as JSON's number, written as it is: 19.5 for the 19.5000 of its column."""
    return json.loads(f"{value.normalize():f}")


def embedded_list(url: str, rows: Sequence[dict[str, Any]], *, has_more: bool = False) -> dict[str, Any]:
    return {"object": "list", "data": list(rows), "has_more": has_more, "total_count": len(rows), "url": url}
