"""The last error of an intent as the API shows it inside the object."""

from __future__ import annotations

from typing import Any

_OUR_OWN_CODES = frozenset({"psp_unavailable", "psp_rate_limited", "psp_refused", "amount_not_representable"})
"""Not among the codes that Stripe's shape allows here: the type and the message say it."""


def last_error_shape(error: dict[str, Any] | None) -> dict[str, Any] | None:
    if error is None or error.get("code") not in _OUR_OWN_CODES:
        return error
    return {name: value for name, value in error.items() if name != "code"}
