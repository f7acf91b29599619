"""Approve a draft of routing rules: another person read exactly this content."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.transactions import owns_transaction
from payments.errors import RuleSetDiffers, RuleSetUnexpectedState
from payments.locks import lock_rule_sets
from payments.models import RoutingRuleSet
from payments.queries.routing import get_rule_set
from payments.steps.write_rules import ACTOR_CHARACTERS, find_locked, hash_of, refuse_unless_another


@owns_transaction
def approve_rule_set(*, merchant_id: UUID, rule_set_id: UUID, content_hash: str) -> RoutingRuleSet:
    """content_hash: of what the approver was shown; the approval holds for exactly that.

    Raises: ResourceMissing, RuleSetUnexpectedState, RuleSetNeedsAnother, RuleSetDiffers.
    Writes: the rule set. Safe to repeat: one that is approved with this content is answered as it is.
    """
    get_rule_set(merchant_id=merchant_id, rule_set_id=rule_set_id)
    rule_set = find_locked(lock_rule_sets(merchant_id=merchant_id), rule_set_id)
    if rule_set.status == RoutingRuleSet.Status.APPROVED and rule_set.content_hash == content_hash:
        return rule_set
    if rule_set.status != RoutingRuleSet.Status.DRAFT:
        raise RuleSetUnexpectedState(f"The rule set is {rule_set.status} already.")
    refuse_unless_another(rule_set)
    if not content_hash == rule_set.content_hash == hash_of(rule_set):
        raise RuleSetDiffers()
    rule_set.approve()
    rule_set.approved_by = current().actor[:ACTOR_CHARACTERS]
    rule_set.approved_at = clock.now()
    rule_set.save(update_fields=["status", "approved_by", "approved_at"])
    return rule_set
