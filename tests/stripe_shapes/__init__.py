"""Stripe's published schemas as a check of our shapes: `assert shape_errors(response.json()) == []`.

The schema was made from the type declarations of npm `stripe` (MIT, Stripe Inc.) for API 2026-10-28.endive;
validate_stripe.py, which reads it, came with it. The whole schema is in ../shared beside the checkout; without it, the
part kept here (trimming.py) says the same about every object that we serve.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.stripe_shapes.trimming import KEPT_SCHEMA, WHOLE_SCHEMA
from tests.stripe_shapes.validate_stripe import Checker

OUR_OBJECTS = frozenset({"case", "webhook_delivery"})
"""Objects that Stripe does not have; nobody but us can say what they look like."""

Finding = tuple[str, str, str]


def shape_errors(shape: Any) -> list[Finding]:
    """Differences from Stripe's schema: (path, kind, message). A list is checked object by object."""
    found: list[Finding] = _checker().errors(shape)
    return found


def answer_errors(body: Any) -> list[Finding]:
    """Differences in a whole answer of the API, a refusal with an object inside it included; ours are left out."""
    return [finding for shape in _shapes_of(body) for finding in shape_errors(shape)]


def corpus() -> list[tuple[str, str, str, str]]:
    """(method, path, query, form) of every request that the tests of Stripe's SDKs make."""
    return [tuple(row) for row in json.loads((Path(__file__).parent / "request_corpus.json").read_text())]


@cache
def _checker() -> Any:
    return Checker(schema=str(WHOLE_SCHEMA if WHOLE_SCHEMA.exists() else KEPT_SCHEMA))


def _shapes_of(body: Any) -> Iterator[Any]:
    kind = body.get("object")
    if set(body) == {"error"}:
        yield body
        yield from (
            value for value in body["error"].values() if isinstance(value, dict) and "object" in value
        )
    elif kind == "list":
        yield {**body, "data": []}
        for row in body["data"]:
            yield from _shapes_of(row)
    elif kind not in OUR_OBJECTS and not (
        kind == "event" and body["data"]["object"]["object"] in OUR_OBJECTS
    ):
        yield body
