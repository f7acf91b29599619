"""Describe an experiment. No payment takes part before it is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from foundation.context import current
from foundation.transactions import owns_transaction
from payments.errors import ExperimentInvalid
from payments.models import RoutingExperiment
from payments.queries.psp_accounts import list_psp_accounts
from payments.queries.routing import find_experiment
from payments.routing.conditions import ConditionsUnreadable, read_conditions
from payments.routing.experiments import ArmsUnreadable, read_arms


@owns_transaction
def create_experiment(
    *,
    merchant_id: UUID,
    experiment_id: UUID,
    name: str,
    arms: Sequence[Mapping[str, Any]],
    conditions: Mapping[str, Any] | None = None,
    **further: Any,
) -> RoutingExperiment:
    """arms: [{"name", "psp_account": UUID, "weight"}], the first is what the others are compared with.

    further: hypothesis, is_sticky, minimum_difference_bps, guardrail_bps, confidence_bps, by model field.
    Raises: ExperimentInvalid. Writes: the experiment. Safe to repeat: by the id.
    """
    existing = find_experiment(merchant_id=merchant_id, experiment_id=experiment_id)
    if existing is not None:
        return existing
    refuse_unless_drawable(merchant_id, arms, conditions or {})
    experiment = RoutingExperiment(
        id=experiment_id,
        merchant_id=merchant_id,
        name=name,
        arms=[{**arm, "psp_account": str(arm["psp_account"])} for arm in arms],
        conditions=dict(conditions or {}),
        created_by=current().actor[:150],
        **further,
    )
    experiment.save(force_insert=True)
    return experiment


def refuse_unless_drawable(
    merchant_id: UUID, arms: Sequence[Mapping[str, Any]], conditions: Mapping[str, Any]
) -> None:
    """Raises ExperimentInvalid, also for an arm that is no account of the merchant."""
    try:
        read = read_arms(list(arms))
        read_conditions(conditions)
    except ArmsUnreadable as error:
        raise ExperimentInvalid(str(error), param="arms") from None
    except ConditionsUnreadable as error:
        raise ExperimentInvalid(str(error), param="conditions") from None
    named = {arm.psp_account_id for arm in read}
    if list_psp_accounts(merchant_id=merchant_id).filter(id__in=named).count() < len(named):
        raise ExperimentInvalid("An arm names a PSP account that does not exist.", param="arms")
