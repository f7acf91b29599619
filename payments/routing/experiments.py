"""Experiments: which payments take part, and the arm of each, the same at every try. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from payments.routing.conditions import Conditions
from payments.routing.facts import PaymentFacts
from payments.routing.hashing import draw

ARMS = range(2, 6)
MOST_WEIGHT = 10_000


class ArmsUnreadable(ValueError):
    """The arms can not be drawn; the text says why."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A share of the payments that goes to one account. The first arm is what the others are compared with."""

    name: str
    psp_account_id: UUID
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Experiment:
    """is_sticky: a customer stays in one arm; without it every payment is drawn anew."""

    id: UUID
    arms: tuple[Arm, ...]
    conditions: Conditions = field(default_factory=Conditions)
    is_sticky: bool = False

    def unit_of(self, facts: PaymentFacts) -> UUID:
        """What is drawn: the customer of a sticky one, else the payment."""
        return facts.customer_id if self.is_sticky and facts.customer_id else facts.payment_id

    def arm_of(self, facts: PaymentFacts) -> Arm:
        weighted = [(arm, arm.weight) for arm in self.arms]
        return draw(weighted, seed=f"experiment:{self.id}", key=str(self.unit_of(facts)))


def read_arms(kept: Sequence[Mapping[str, Any]]) -> tuple[Arm, ...]:
    """From their JSON: [{"name", "psp_account": UUID, "weight"}]. Raises ArmsUnreadable."""
    if not isinstance(kept, list) or len(kept) not in ARMS:
        raise ArmsUnreadable(f"An experiment has {ARMS[0]} to {ARMS[-1]} arms.")
    try:
        arms = tuple(Arm(one["name"], UUID(str(one["psp_account"])), one.get("weight", 1)) for one in kept)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ArmsUnreadable("An arm names itself and its psp_account.") from None
    if not all(isinstance(arm.name, str) and 0 < len(arm.name) <= 32 for arm in arms):
        raise ArmsUnreadable("An arm's name has 1 to 32 characters.")
    if len({arm.name for arm in arms}) < len(arms) or len({arm.psp_account_id for arm in arms}) < len(arms):
        raise ArmsUnreadable("Each arm has a name and an account of its own.")
    for arm in arms:
        if (
            not isinstance(arm.weight, int)
            or isinstance(arm.weight, bool)
            or not 0 < arm.weight <= MOST_WEIGHT
        ):
            raise ArmsUnreadable(f"An arm's weight is a whole number from 1 to {MOST_WEIGHT}.")
    return arms
