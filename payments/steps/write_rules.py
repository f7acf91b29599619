"""The content of a rule set: read, refused when it can not be followed, hashed, written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.transactions import joins_transaction
from payments.errors import RoutingRulesInvalid, RuleSetNeedsAnother, RuleSetUnexpectedState
from payments.models import RoutingRule, RoutingRuleSet
from payments.queries.psp_accounts import list_psp_accounts
from payments.queries.routing_state import rule_content
from payments.routing.rules import MOST_RULES, RulesUnreadable, content_hash, read_rule, read_weights

ACTOR_CHARACTERS = 150


def refuse_unless_followable(
    merchant_id: UUID, rules: Sequence[Mapping[str, Any]], weights: Mapping[str, Any]
) -> None:
    """Raises RoutingRulesInvalid, also for a target that is no account of the merchant."""
    if len(rules) > MOST_RULES:
        raise RoutingRulesInvalid(f"A rule set has at most {MOST_RULES} rules.", param="rules")
    try:
        read = [read_rule(rule, number) for number, rule in enumerate(rules, start=1)]
        read_weights(weights)
    except RulesUnreadable as error:
        raise RoutingRulesInvalid(str(error), param="rules") from None
    if len({rule.name for rule in read}) < len(read):
        raise RoutingRulesInvalid("Two rules have the same name.", param="rules")
    named = {target.psp_account_id for rule in read for target in rule.targets}
    known = set(list_psp_accounts(merchant_id=merchant_id).filter(id__in=named).values_list("id", flat=True))
    if named - known:
        raise RoutingRulesInvalid("A rule names a PSP account that does not exist.", param="rules")


@joins_transaction
def write_rules(
    rule_set: RoutingRuleSet, rules: Sequence[Mapping[str, Any]], weights: Mapping[str, Any]
) -> None:
    """Give a draft this content, whatever it had before. The set is new or locked.

    Writes the rule set and its rules."""
    content = [_whole(rule) for rule in rules]
    rule_set.weights = dict(weights)
    rule_set.content_hash = content_hash(content, rule_set.weights)
    rule_set.drafted_by = current().actor[:ACTOR_CHARACTERS]
    rule_set.drafted_at = clock.now()
    rule_set.save()
    RoutingRule.objects.for_merchant(rule_set.merchant_id).filter(rule_set_id=rule_set.id).delete()
    RoutingRule.across_merchants.bulk_create(
        RoutingRule(merchant_id=rule_set.merchant_id, rule_set=rule_set, position=position, **rule)
        for position, rule in enumerate(content, start=1)
    )


def hash_of(rule_set: RoutingRuleSet) -> str:
    """Of the content as it is on disk now."""
    rows = RoutingRule.objects.for_merchant(rule_set.merchant_id).filter(rule_set_id=rule_set.id)
    return content_hash([rule_content(row) for row in rows.order_by("position")], rule_set.weights)


def find_locked(sets: Mapping[UUID, RoutingRuleSet], rule_set_id: UUID) -> RoutingRuleSet:
    """One of the sets that lock_rule_sets gave. Raises RuleSetUnexpectedState for a retired one."""
    found = sets.get(rule_set_id)
    if found is None:
        raise RuleSetUnexpectedState("The rule set is retired.")
    return found


def refuse_unless_another(rule_set: RoutingRuleSet) -> None:
    """Raises RuleSetNeedsAnother. PostgreSQL holds to it as well: routing_maker_is_not_approver, …_activator."""
    if current().actor[:ACTOR_CHARACTERS] == rule_set.drafted_by:
        raise RuleSetNeedsAnother()


def _whole(rule: Mapping[str, Any]) -> dict[str, Any]:
    targets = [{"psp_account": str(UUID(str(one["psp_account"]))), **_weight(one)} for one in rule["targets"]]
    return {
        "name": rule["name"],
        "conditions": dict(rule.get("conditions") or {}),
        "targets": targets,
        "only": rule.get("only", False),
    }


def _weight(target: Mapping[str, Any]) -> dict[str, int]:
    weight = target.get("weight")
    return {} if weight is None else {"weight": weight}
