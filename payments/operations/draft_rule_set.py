"""Write down routing rules as a draft. No payment follows them before two other steps by another person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from foundation.transactions import owns_transaction
from payments.models import RoutingRuleSet
from payments.queries.routing import find_rule_set
from payments.steps.write_rules import refuse_unless_followable, write_rules


@owns_transaction
def draft_rule_set(
    *,
    merchant_id: UUID,
    rule_set_id: UUID,
    name: str,
    rules: Sequence[Mapping[str, Any]],
    weights: Mapping[str, Any] | None = None,
    note: str = "",
) -> RoutingRuleSet:
    """rules, weights: as payments/routing/rules.py reads them; targets by the accounts' UUIDs.

    rule_set_id: chosen by the caller, such as a form's one-time key.
    Raises: RoutingRulesInvalid. Writes: the rule set and its rules. Safe to repeat: by the id.
    """
    existing = find_rule_set(merchant_id=merchant_id, rule_set_id=rule_set_id)
    if existing is not None:
        return existing
    refuse_unless_followable(merchant_id, rules, weights or {})
    rule_set = RoutingRuleSet(id=rule_set_id, merchant_id=merchant_id, name=name, note=note)
    write_rules(rule_set, rules, weights or {})
    return rule_set
