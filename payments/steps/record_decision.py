"""Keep why an attempt goes where it goes: one row, in the transaction that opens the attempt."""

from __future__ import annotations

import json

from django.db import connection

from foundation import clock
from foundation.ids import new_id
from foundation.transactions import joins_transaction
from payments.models import PaymentAttempt
from payments.routing.choose import Ranked
from payments.steps.choose_account import Choice

# Written by hand: every payment writes one, and the ORM takes longer to put it together than all the rules to be asked.
_INSERT = """
INSERT INTO payments_routingdecision (
    id, merchant_id, payment_intent_id, attempt_id, ordinal, is_failover, psp_account_id, reason, rule_set_id, rule,
    experiment_id, arm, experiment_unit, amount_minor, currency, facts, considered, created_at
) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s::jsonb, %s)
"""


@joins_transaction
def record_decision(attempt: PaymentAttempt, choice: Choice, *, is_failover: bool) -> None:
    """Writes one RoutingDecision, in one INSERT."""
    decision, facts = choice.decision, choice.facts
    experiment = decision.experiment
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                new_id(),
                attempt.merchant_id,
                attempt.payment_intent_id,
                attempt.id,
                attempt.ordinal,
                is_failover,
                attempt.psp_account_id,
                decision.reason[:500],
                choice.rule_set_id,
                decision.rule,
                experiment.id if experiment else None,
                decision.arm.name if decision.arm else "",
                experiment.unit_of(facts) if experiment else None,
                facts.amount_minor,
                facts.currency,
                json.dumps(facts.as_json()),
                json.dumps([_kept(ranked) for ranked in decision.considered]),
                clock.now(),
            ],
        )


def _kept(ranked: Ranked) -> dict[str, object]:
    return {**ranked.candidate.as_json(), "rank": ranked.rank, "reason": ranked.reason}
