"""What a tax service is asked: a kind of sale, without amounts and without a person. Free of Django."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Any

from subscriptions.taxes import Rate, Taxability


class AnswerUnreadable(ValueError):
    """What the service said is no answer to what it was asked."""


@dataclass(frozen=True, slots=True)
class Question:
    """Countries as ISO codes. tax_code: what kind of product it is; empty for the service's own default."""

    seller_country: str
    customer_country: str
    customer_state: str = ""
    customer_postal_code: str = ""
    tax_code: str = ""

    @property
    def hash(self) -> str:
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def read_rates(told: Any) -> list[dict[str, Any]]:
    """The rates of an answer as they are kept. Raises AnswerUnreadable."""
    if not isinstance(told, list) or len(told) > 20:
        raise AnswerUnreadable("rates is no list of at most 20.")
    try:
        return [
            {
                "key": str(one["id"])[:64],
                "percentage": str(_percentage(one["percentage"])),
                "jurisdiction": str(one.get("jurisdiction", ""))[:50],
                "taxability": Taxability(one.get("taxability_reason", Taxability.STANDARD_RATED)).value,
            }
            for one in told
        ]
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise AnswerUnreadable(f"{type(error).__name__}: {error}") from error


def rate_of(kept: dict[str, Any], *, is_inclusive: bool) -> Rate:
    """is_inclusive: the price says whether its tax is inside it; where the sale is taxed does not."""
    return Rate(
        key=kept["key"],
        percentage=Fraction(kept["percentage"]),
        inclusive=is_inclusive,
        jurisdiction=kept["jurisdiction"],
        taxability=Taxability(kept["taxability"]),
    )


def _percentage(told: Any) -> Fraction:
    if not isinstance(told, str):
        # A JSON number has been a float on its way: 7.7 would not be 7.7 any more.
        raise AnswerUnreadable("A percentage is a decimal in a string.")
    percentage = Fraction(told)
    if not 0 <= percentage <= 100:
        raise AnswerUnreadable(f"{told} is no percentage.")
    return percentage
