"""Have payments follow an approved rule set from now on; the one that was active until now is retired."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.transactions import owns_transaction
from payments.errors import RuleSetDiffers, RuleSetOvertaken, RuleSetUnexpectedState
from payments.locks import lock_rule_sets
from payments.models import RoutingRuleSet
from payments.queries.routing import find_active_rule_set, get_rule_set
from payments.steps.retire_rules import retire_rules
from payments.steps.write_rules import ACTOR_CHARACTERS, find_locked, hash_of, refuse_unless_another

S = RoutingRuleSet.Status


@owns_transaction
def activate_rule_set(
    *, merchant_id: UUID, rule_set_id: UUID, content_hash: str, replaces: str | None = None
) -> RoutingRuleSet:
    """content_hash: of what was approved and shown. replaces: the public id of the set that was shown as active, empty
    when none was; None when that was not shown: then the one that is active as the request comes in.

    Raises: ResourceMissing, RuleSetUnexpectedState, RuleSetNeedsAnother, RuleSetDiffers, RuleSetOvertaken.
    Writes: both rule sets. Safe to repeat: the active one is answered as it is.
    """
    get_rule_set(merchant_id=merchant_id, rule_set_id=rule_set_id)
    if replaces is None:
        active = find_active_rule_set(merchant_id=merchant_id)
        replaces = active.public_id if active else ""
    sets = lock_rule_sets(merchant_id=merchant_id)
    rule_set = find_locked(sets, rule_set_id)
    if rule_set.status == S.ACTIVE and rule_set.content_hash == content_hash:
        return rule_set
    if rule_set.status != S.APPROVED:
        raise RuleSetUnexpectedState(f"The rule set is {rule_set.status}; only an approved one is activated.")
    refuse_unless_another(rule_set)
    if not content_hash == rule_set.content_hash == hash_of(rule_set):
        raise RuleSetDiffers()
    if _active(sets.values()) != replaces:
        raise RuleSetOvertaken()
    for other in sets.values():
        if other.status == S.ACTIVE:
            retire_rules(other)
    rule_set.activate()
    rule_set.activated_by = current().actor[:ACTOR_CHARACTERS]
    rule_set.activated_at = clock.now()
    rule_set.save(update_fields=["status", "activated_by", "activated_at"])
    return rule_set


def _active(sets: Iterable[RoutingRuleSet]) -> str:
    """The public id of the active one, empty when none is."""
    return next((one.public_id for one in sets if one.status == S.ACTIVE), "")
