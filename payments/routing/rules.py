"""Rules: which accounts a kind of payment prefers, and how many of the payments each takes. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from payments.routing.conditions import Conditions, ConditionsUnreadable, read_conditions
from payments.routing.facts import PaymentFacts

MOST_RULES = 500
MOST_TARGETS = 50
MOST_WEIGHT = 10_000
NAME_CHARACTERS = 100
NAMES = frozenset({"name", "conditions", "targets", "only"})
WEIGHT_NAMES = frozenset({"authorization", "cost", "latency"})


class RulesUnreadable(ValueError):
    """What was written down as rules can not be followed; the text says where."""


@dataclass(frozen=True, slots=True)
class Target:
    """weight: its share of the rule's payments; None when the scores decide among the rule's accounts; 0 when it stands
    by, to be asked, in the order written, before any account that the rule does not name."""

    psp_account_id: UUID
    weight: int | None = None

    @property
    def stands_by(self) -> bool:
        return self.weight == 0


@dataclass(frozen=True, slots=True)
class Rule:
    """only: no other account may take these payments, be it for want of any."""

    name: str
    targets: tuple[Target, ...]
    conditions: Conditions = field(default_factory=Conditions)
    only: bool = False

    @property
    def splits(self) -> bool:
        return any(target.weight for target in self.targets)


@dataclass(frozen=True, slots=True)
class Weights:
    """What a basis point of each is worth against the others, in percent; latency: basis points per second."""

    authorization: int = 100
    cost: int = 100
    latency: int = 0


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in their order. id: of the stored set, None for one that is only being tried."""

    rules: tuple[Rule, ...] = ()
    weights: Weights = field(default_factory=Weights)
    id: UUID | None = None
    # By currency, the rules that may hold, in their order: most rules are about one, and the others need no look.
    _by_currency: Mapping[str, tuple[Rule, ...]] = field(init=False, repr=False, compare=False)
    _of_any_currency: tuple[Rule, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = [(rule, rule.conditions.listed.get("currency")) for rule in self.rules]
        currencies = {currency for _, words in named if words is not None for currency in words}
        by_currency = {
            currency: tuple(rule for rule, words in named if words is None or currency in words)
            for currency in currencies
        }
        object.__setattr__(self, "_by_currency", by_currency)
        object.__setattr__(self, "_of_any_currency", tuple(rule for rule, words in named if words is None))

    def first_match(self, facts: PaymentFacts, eligible: AbstractSet[UUID]) -> Rule | None:
        """The first rule that holds and has something to say: an account that can take the payment, or a ban."""
        for rule in self._by_currency.get(facts.currency, self._of_any_currency):
            if rule.conditions.hold(facts) and (
                rule.only or any(target.psp_account_id in eligible for target in rule.targets)
            ):
                return rule
        return None


def read_rule(kept: Mapping[str, Any], number: int = 1) -> Rule:
    """From its JSON: {"name", "conditions", "targets": [{"psp_account": UUID, "weight"?}], "only"?}.

    Raises RulesUnreadable."""
    if not isinstance(kept, Mapping) or not set(kept) <= NAMES or not {"name", "targets"} <= set(kept):
        raise RulesUnreadable(
            f"Rule {number} needs a name and targets, and knows {', '.join(sorted(NAMES))}."
        )
    name, only = kept["name"], kept.get("only", False)
    if not isinstance(name, str) or not 0 < len(name) <= NAME_CHARACTERS:
        raise RulesUnreadable(f"Rule {number}: a name has 1 to {NAME_CHARACTERS} characters.")
    if not isinstance(only, bool):
        raise RulesUnreadable(f"Rule {number}: only is true or false.")
    try:
        conditions = read_conditions(kept.get("conditions", {}))
    except ConditionsUnreadable as error:
        raise RulesUnreadable(f"Rule {number}: {error}") from None
    return Rule(name, _read_targets(kept["targets"], number), conditions, only)


def read_weights(kept: Mapping[str, Any]) -> Weights:
    """Raises RulesUnreadable."""
    if not isinstance(kept, Mapping) or not set(kept) <= WEIGHT_NAMES:
        raise RulesUnreadable(f"Weights are of {', '.join(sorted(WEIGHT_NAMES))}.")
    if not all(_is_weight(value, lowest=0) for value in kept.values()):
        raise RulesUnreadable(f"A weight is a whole number from 0 to {MOST_WEIGHT}.")
    return Weights(**kept)


def content_hash(rules: Sequence[Mapping[str, Any]], weights: Mapping[str, Any]) -> str:
    """What an approval and an activation are bound to: SHA-256 of everything that decides."""
    text = json.dumps({"rules": list(rules), "weights": dict(weights)}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _read_targets(given: Any, number: int) -> tuple[Target, ...]:
    if not isinstance(given, list) or not 0 < len(given) <= MOST_TARGETS:
        raise RulesUnreadable(f"Rule {number} names 1 to {MOST_TARGETS} accounts.")
    try:
        targets = tuple(Target(UUID(str(one["psp_account"])), one.get("weight")) for one in given)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise RulesUnreadable(f"Rule {number}: a target names its psp_account.") from None
    if len({target.psp_account_id for target in targets}) < len(targets):
        raise RulesUnreadable(f"Rule {number} names an account twice.")
    weights = [target.weight for target in targets if target.weight is not None]
    if not all(_is_weight(weight, lowest=0) for weight in weights):
        raise RulesUnreadable(f"Rule {number}: a weight is a whole number from 0 to {MOST_WEIGHT}.")
    takers = [target for target in targets if not target.stands_by]
    if not takers:
        raise RulesUnreadable(f"Rule {number}: an account takes the payments, not all stand by.")
    if len({target.weight is None for target in takers}) > 1:
        raise RulesUnreadable(f"Rule {number}: give every target a weight, or none.")
    return targets


def _is_weight(value: object, *, lowest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= MOST_WEIGHT
