"""Start an experiment: payments are drawn into its arms from now on."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.transactions import owns_transaction
from payments.errors import ExperimentUnexpectedState
from payments.locks import lock_experiment
from payments.models import RoutingExperiment
from payments.queries.routing import find_running_experiment

S = RoutingExperiment.Status


@owns_transaction
def start_experiment(*, merchant_id: UUID, experiment_id: UUID) -> RoutingExperiment:
    """Raises: ResourceMissing, ExperimentUnexpectedState (stopped already, or another one is running).

    Writes: the experiment. Safe to repeat: a running one is answered as it is.
    """
    experiment = lock_experiment(merchant_id=merchant_id, experiment_id=experiment_id)
    if experiment.status == S.RUNNING:
        return experiment
    if experiment.status != S.DRAFT:
        raise ExperimentUnexpectedState(
            "An experiment that was stopped does not start again: create a new one."
        )
    if find_running_experiment(merchant_id=merchant_id) is not None:
        raise ExperimentUnexpectedState("Another experiment of this merchant is running.")
    experiment.start()
    experiment.started_by = current().actor[:150]
    experiment.started_at = clock.now()
    experiment.save(update_fields=["status", "started_by", "started_at"])
    return experiment
