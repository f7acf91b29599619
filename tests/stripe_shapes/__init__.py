"""Stripe's published schemas as a check of our shapes: `assert shape_errors(response.json()) == []`.

The schema was made from the type declarations of npm `stripe` (MIT, Stripe Inc.) for API 2026-10-28.endive;
validate_stripe.py, which reads it, came with it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.stripe_shapes.validate_stripe import Checker


@cache
def _checker() -> Any:
    return Checker()


def shape_errors(shape: Any) -> list[tuple[str, str, str]]:
    """Differences from Stripe's schema: (path, kind, message). A list is checked object by object."""
    found: list[tuple[str, str, str]] = _checker().errors(shape)
    return found
