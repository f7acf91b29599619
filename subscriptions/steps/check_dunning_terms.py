"""Refuse terms of a dunning policy that make no schedule, or that nobody could carry out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foundation.money import exponent_of
from foundation.transactions import joins_transaction
from subscriptions.errors import DunningPolicyInvalid

MAX_TRIES = 12
MAX_DAYS = 120
MAX_WORDS = 1_000
FINAL = "final"
"""The step of the last message, beside the numbers of the tries."""


@joins_transaction
def refuse_unless_days_rise(offsets_days: Sequence[int]) -> None:
    """Raises DunningPolicyInvalid."""
    days = list(offsets_days)
    if not days or days[0] != 0 or days != sorted(set(days)) or days[-1] > MAX_DAYS or len(days) > MAX_TRIES:
        raise DunningPolicyInvalid(param="offsets_days")


@joins_transaction
def refuse_unless_terms_hold(fields: Mapping[str, Any]) -> None:
    """thresholds: minor units by currency. messages: words by step. Raises DunningPolicyInvalid."""
    for currency, minor in (fields.get("thresholds") or {}).items():
        if not _is_currency(currency) or not isinstance(minor, int) or minor < 0:
            raise DunningPolicyInvalid("A threshold is a currency and whole minor units.", param="thresholds")
    for step, words in (fields.get("messages") or {}).items():
        is_step = step == FINAL or (step.isdigit() and 1 <= int(step) <= MAX_TRIES)
        if not is_step or not isinstance(words, str) or not 0 < len(words) <= MAX_WORDS:
            raise DunningPolicyInvalid(
                "A message is the number of a step, or final, and words.", param="messages"
            )


def _is_currency(text: str) -> bool:
    try:
        exponent_of(text)
    except (LookupError, ValueError):
        return False
    return True
