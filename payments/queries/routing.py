"""Reading rule sets, experiments, decisions and back-tests, always within one merchant."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from foundation.errors import ResourceMissing
from foundation.tenancy.scoping import TenantModel
from payments.models import (
    PaymentAttempt,
    RoutingBacktest,
    RoutingBacktestChange,
    RoutingDecision,
    RoutingExperiment,
    RoutingRule,
    RoutingRuleSet,
)

R = TypeVar("R", bound=TenantModel)


def list_rule_sets(*, merchant_id: UUID) -> QuerySet[RoutingRuleSet]:
    return RoutingRuleSet.objects.for_merchant(merchant_id).prefetch_related("rules")


def find_rule_set(*, merchant_id: UUID, rule_set_id: UUID) -> RoutingRuleSet | None:
    return list_rule_sets(merchant_id=merchant_id).filter(pk=rule_set_id).first()


def get_rule_set(*, merchant_id: UUID, rule_set_id: UUID) -> RoutingRuleSet:
    """Raises ResourceMissing, also for another merchant's."""
    return _one(list_rule_sets(merchant_id=merchant_id), rule_set_id, "routing rule set")


def find_active_rule_set(*, merchant_id: UUID) -> RoutingRuleSet | None:
    rows = list_rule_sets(merchant_id=merchant_id)
    return rows.filter(status=RoutingRuleSet.Status.ACTIVE).first()


def list_rules(rule_set: RoutingRuleSet) -> list[RoutingRule]:
    """In the order in which they are asked."""
    return sorted(rule_set.rules.all(), key=lambda rule: rule.position)


def list_experiments(*, merchant_id: UUID) -> QuerySet[RoutingExperiment]:
    return RoutingExperiment.objects.for_merchant(merchant_id)


def find_experiment(*, merchant_id: UUID, experiment_id: UUID) -> RoutingExperiment | None:
    return list_experiments(merchant_id=merchant_id).filter(pk=experiment_id).first()


def get_experiment(*, merchant_id: UUID, experiment_id: UUID) -> RoutingExperiment:
    """Raises ResourceMissing, also for another merchant's."""
    return _one(list_experiments(merchant_id=merchant_id), experiment_id, "routing experiment")


def find_running_experiment(*, merchant_id: UUID) -> RoutingExperiment | None:
    rows = list_experiments(merchant_id=merchant_id)
    return rows.filter(status=RoutingExperiment.Status.RUNNING).first()


def list_running_experiment_ids() -> list[tuple[UUID, UUID]]:
    """(merchant, experiment) of every experiment that runs, whoever's: for the watch."""
    rows = RoutingExperiment.across_merchants.filter(status=RoutingExperiment.Status.RUNNING)
    return list(rows.order_by("id").values_list("merchant_id", "id"))


def list_decisions(*, merchant_id: UUID) -> QuerySet[RoutingDecision]:
    return RoutingDecision.objects.for_merchant(merchant_id)


def get_decision(*, merchant_id: UUID, decision_id: UUID) -> RoutingDecision:
    """Raises ResourceMissing, also for another merchant's."""
    return _one(list_decisions(merchant_id=merchant_id), decision_id, "routing decision")


def with_decisions(attempts: QuerySet[PaymentAttempt]) -> QuerySet[PaymentAttempt]:
    """Attempts with decision_id and decision_reason beside them; None where nothing was decided."""
    made = RoutingDecision.across_merchants.filter(
        merchant_id=OuterRef("merchant_id"), attempt_id=OuterRef("pk")
    ).order_by()
    return attempts.annotate(
        decision_id=Subquery(made.values("pk")[:1]), decision_reason=Subquery(made.values("reason")[:1])
    )


def find_backtest(*, merchant_id: UUID, backtest_id: UUID) -> RoutingBacktest | None:
    return RoutingBacktest.objects.for_merchant(merchant_id).filter(pk=backtest_id).first()


def list_changes(backtest: RoutingBacktest) -> QuerySet[RoutingBacktestChange]:
    """The decisions that would change, oldest first, with their accounts and payments."""
    rows = RoutingBacktestChange.objects.for_merchant(backtest.merchant_id).filter(backtest_id=backtest.id)
    return rows.select_related("from_account", "to_account", "decision").order_by("id")


def _one(rows: QuerySet[R], pk: UUID, name: str) -> R:
    row: Any = rows.filter(pk=pk).first()
    if row is None:
        raise ResourceMissing(f"No such {name}.", param="id")
    return row
