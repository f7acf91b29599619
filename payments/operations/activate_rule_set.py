"""Have payments follow an approved rule set from now on; the one that was active until now is retired."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.transactions import owns_transaction
from payments.errors import RuleSetDiffers, RuleSetUnexpectedState
from payments.locks import lock_rule_sets
from payments.models import RoutingRuleSet
from payments.queries.routing import get_rule_set
from payments.steps.retire_rules import retire_rules
from payments.steps.write_rules import ACTOR_CHARACTERS, find_locked, hash_of, refuse_unless_another

S = RoutingRuleSet.Status


@owns_transaction
def activate_rule_set(*, merchant_id: UUID, rule_set_id: UUID, content_hash: str) -> RoutingRuleSet:
    """content_hash: of what was approved and shown.

    Raises: ResourceMissing, RuleSetUnexpectedState, RuleSetNeedsAnother, RuleSetDiffers.
    Writes: both rule sets. Safe to repeat: the active one is answered as it is.
    """
    get_rule_set(merchant_id=merchant_id, rule_set_id=rule_set_id)
    sets = lock_rule_sets(merchant_id=merchant_id)
    rule_set = find_locked(sets, rule_set_id)
    if rule_set.status == S.ACTIVE and rule_set.content_hash == content_hash:
        return rule_set
    if rule_set.status != S.APPROVED:
        raise RuleSetUnexpectedState(f"The rule set is {rule_set.status}; only an approved one is activated.")
    refuse_unless_another(rule_set)
    if not content_hash == rule_set.content_hash == hash_of(rule_set):
        raise RuleSetDiffers()
    for other in sets.values():
        if other.status == S.ACTIVE:
            retire_rules(other)
    rule_set.activate()
    rule_set.activated_by = current().actor[:ACTOR_CHARACTERS]
    rule_set.activated_at = clock.now()
    rule_set.save(update_fields=["status", "activated_by", "activated_at"])
    return rule_set
