"""Stop an experiment; what was found stays."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from payments.locks import lock_experiment
from payments.models import RoutingExperiment
from payments.steps.end_experiment import end_experiment


@owns_transaction
def stop_experiment(*, merchant_id: UUID, experiment_id: UUID, reason: str) -> RoutingExperiment:
    """reason: in words, 1 to 500 characters.

    Raises: ResourceMissing. Writes: the experiment. Safe to repeat: a stopped one keeps its first reason.
    """
    experiment = lock_experiment(merchant_id=merchant_id, experiment_id=experiment_id)
    if experiment.status != RoutingExperiment.Status.STOPPED:
        end_experiment(experiment, reason=reason)
    return experiment
