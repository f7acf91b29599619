"""What choosing reads: tokens with the merchant's rule set and experiment, and the scores, cached where they may be.

A rule set that is active and an experiment that runs never change, so their ids, read anew with every payment's
tokens, are all the freshness that their cached contents need. Scores are estimates: half a minute old is as good.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Subquery

from foundation import clock
from payments.models import PspAccount, PspToken, RoutingExperiment, RoutingRule, RoutingRuleSet
from payments.psp.methods import METHOD_TYPES
from payments.routing.conditions import read_conditions
from payments.routing.costs import read_cost_model
from payments.routing.experiments import Experiment, read_arms
from payments.routing.facts import Account
from payments.routing.kept import Kept
from payments.routing.rules import RuleSet, read_rule, read_weights
from payments.routing.scores import HALF_LIFE_SECONDS, HORIZON_SECONDS, Scores, Tally

MOST_CACHED = 512

_SCORES_SQL = """
SELECT psp_account_id, currency, brand, country, funding,
       sum(tried * weight), sum(authorized * weight), sum(latency_ms * weight)
FROM (
    SELECT score.*, power(0.5::float8, extract(epoch FROM %(now)s - span_at)::float8 / %(half_life)s) AS weight
    FROM payments_routingscore AS score
    WHERE merchant_id = %(merchant)s AND span_at > %(now)s - make_interval(secs => %(horizon)s)
) AS weighed
GROUP BY psp_account_id, currency, brand, country, funding
"""

_scores: Kept[Scores] = Kept()
_accounts: Kept[list[Account]] = Kept()


@dataclass(frozen=True, slots=True)
class RoutedTokens:
    """A method's tokens with their accounts, and the rule set and experiment that its payments follow now."""

    tokens: list[PspToken]
    rule_set_id: UUID | None = None
    experiment_id: UUID | None = None


def read_routed_tokens(*, merchant_id: UUID, payment_method_id: UUID) -> RoutedTokens:
    """One query, so that a payment costs no more for being routed."""
    active = RoutingRuleSet.objects.for_merchant(merchant_id).filter(status=RoutingRuleSet.Status.ACTIVE)
    running = RoutingExperiment.objects.for_merchant(merchant_id).filter(
        status=RoutingExperiment.Status.RUNNING
    )
    rows: Any = (
        PspToken.objects.for_merchant(merchant_id)
        .filter(payment_method_id=payment_method_id)
        .select_related("psp_account")
        .annotate(
            active_rule_set_id=Subquery(active.values("id")[:1]),
            running_experiment_id=Subquery(running.values("id")[:1]),
        )
        .order_by("id")
    )
    tokens = list(rows)
    if not tokens:
        return RoutedTokens([])
    return RoutedTokens(tokens, tokens[0].active_rule_set_id, tokens[0].running_experiment_id)


def account_of(row: PspAccount) -> Account:
    """The row as choosing sees it."""
    return Account(
        id=row.id,
        name=row.name,
        priority=row.priority,
        is_active=row.is_active,
        currencies=tuple(row.currencies),
        method_types=tuple(row.payment_method_types),
        supported_types=METHOD_TYPES.get(row.psp, ()),
        can_hold=row.manual_capture,
        costs=read_cost_model(row.cost_model),
    )


def read_known_accounts(merchant_id: UUID) -> list[Account]:
    """The merchant's accounts, at most half a minute old: to say why those without a token are out, not to choose."""
    kept = _accounts.find(merchant_id)
    if kept is not None:
        return kept
    rows = PspAccount.objects.for_merchant(merchant_id).order_by("priority", "id")
    return _accounts.keep(merchant_id, [account_of(row) for row in rows])


@lru_cache(maxsize=MOST_CACHED)
def read_active_rules(merchant_id: UUID, rule_set_id: UUID) -> RuleSet:
    """A set that is no draft any more; its content is frozen by the database."""
    return read_rules(merchant_id, rule_set_id)


def read_rules(merchant_id: UUID, rule_set_id: UUID) -> RuleSet:
    """A set in any state, read now."""
    kept = RoutingRuleSet.objects.for_merchant(merchant_id).get(pk=rule_set_id)
    rows = RoutingRule.objects.for_merchant(merchant_id).filter(rule_set_id=rule_set_id).order_by("position")
    return RuleSet(
        rules=tuple(read_rule(rule_content(row), row.position) for row in rows),
        weights=read_weights(kept.weights),
        id=rule_set_id,
    )


def rule_content(row: RoutingRule) -> dict[str, object]:
    """What a rule says, as it is hashed, shown and read."""
    return {"name": row.name, "conditions": row.conditions, "targets": row.targets, "only": row.only}


@lru_cache(maxsize=MOST_CACHED)
def read_running_experiment(merchant_id: UUID, experiment_id: UUID) -> Experiment:
    """One that was started; its arms and conditions are frozen by the database."""
    return read_experiment(RoutingExperiment.objects.for_merchant(merchant_id).get(pk=experiment_id))


def read_experiment(row: RoutingExperiment) -> Experiment:
    return Experiment(
        id=row.id,
        arms=read_arms(row.arms),
        conditions=read_conditions(row.conditions),
        is_sticky=row.is_sticky,
    )


def read_scores(merchant_id: UUID) -> Scores:
    """The merchant's decayed outcomes, at most half a minute old."""
    kept = _scores.find(merchant_id)
    return read_scores_now(merchant_id) if kept is None else kept


def read_scores_now(merchant_id: UUID) -> Scores:
    """As read_scores, past what is kept, which from then on is what was read."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SCORES_SQL,
            {
                "merchant": merchant_id,
                "now": clock.now(),
                "half_life": HALF_LIFE_SECONDS,
                "horizon": HORIZON_SECONDS,
            },
        )
        rows = cursor.fetchall()
    scores = Scores({(row[0], tuple(row[1:5])): Tally(*row[5:8]) for row in rows})
    return _scores.keep(merchant_id, scores)
