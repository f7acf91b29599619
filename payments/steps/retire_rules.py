"""Retire a rule set in the caller's transaction."""

from __future__ import annotations

from foundation import clock
from foundation.context import current
from foundation.transactions import joins_transaction
from payments.models import RoutingRuleSet
from payments.steps.write_rules import ACTOR_CHARACTERS


@joins_transaction
def retire_rules(rule_set: RoutingRuleSet) -> None:
    """The set is locked. Writes it."""
    rule_set.retire()
    rule_set.retired_by = current().actor[:ACTOR_CHARACTERS]
    rule_set.retired_at = clock.now()
    rule_set.save(update_fields=["status", "retired_by", "retired_at"])
