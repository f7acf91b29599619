"""Give a draft other rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from foundation.transactions import owns_transaction
from payments.errors import RuleSetDiffers, RuleSetUnexpectedState
from payments.locks import lock_rule_sets
from payments.models import RoutingRuleSet
from payments.queries.routing import get_rule_set
from payments.steps.write_rules import find_locked, refuse_unless_followable, write_rules


@owns_transaction
def redraft_rule_set(
    *,
    merchant_id: UUID,
    rule_set_id: UUID,
    rules: Sequence[Mapping[str, Any]],
    weights: Mapping[str, Any],
    name: str | None = None,
    shown_hash: str | None = None,
) -> RoutingRuleSet:
    """Replace the content whole; whoever does is from now on the one who wrote it. name: None leaves it.

    shown_hash: of the content that the person changed; None: whatever it is by now.
    Raises: ResourceMissing, RuleSetUnexpectedState (no draft any more), RuleSetDiffers, RoutingRulesInvalid.
    Writes: the rule set and its rules. Safe to repeat: the same content again changes nothing but the instant.
    """
    get_rule_set(merchant_id=merchant_id, rule_set_id=rule_set_id)
    rule_set = find_locked(lock_rule_sets(merchant_id=merchant_id), rule_set_id)
    if rule_set.status != RoutingRuleSet.Status.DRAFT:
        raise RuleSetUnexpectedState(
            f"The rule set is {rule_set.status}; only a draft changes. Copy it to a new one."
        )
    if shown_hash not in (None, rule_set.content_hash):
        raise RuleSetDiffers()
    refuse_unless_followable(merchant_id, rules, weights)
    if name is not None:
        rule_set.name = name
    write_rules(rule_set, rules, weights)
    return rule_set
