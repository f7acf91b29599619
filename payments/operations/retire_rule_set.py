"""Take a rule set out of use: payments go by the accounts' own order from now on, unless another set is activated."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from payments.locks import lock_rule_sets
from payments.models import RoutingRuleSet
from payments.queries.routing import get_rule_set
from payments.steps.retire_rules import retire_rules


@owns_transaction
def retire_rule_set(*, merchant_id: UUID, rule_set_id: UUID) -> RoutingRuleSet:
    """One person is enough: what remains is the order of priority, which every account has.

    Raises: ResourceMissing. Writes: the rule set. Safe to repeat: a retired one is answered as it is.
    """
    known = get_rule_set(merchant_id=merchant_id, rule_set_id=rule_set_id)
    rule_set = lock_rule_sets(merchant_id=merchant_id).get(rule_set_id)
    if rule_set is None:
        return known
    retire_rules(rule_set)
    return rule_set
