"""Look at a running experiment, and stop it when an arm is proven worse than its guardrail allows."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from payments.locks import lock_experiment
from payments.models import RoutingExperiment
from payments.queries.experiment_results import read_arm_results
from payments.routing.verdicts import judge
from payments.steps.end_experiment import end_experiment


@owns_transaction
def watch_experiment(*, merchant_id: UUID, experiment_id: UUID) -> bool:
    """Whether it was stopped. It may look as often as it likes: the bounds hold at all looks together.

    Raises: ResourceMissing. Writes: the experiment: what was seen, and its end.
    Safe to repeat: one that does not run is left alone.
    """
    experiment = lock_experiment(merchant_id=merchant_id, experiment_id=experiment_id)
    if experiment.status != RoutingExperiment.Status.RUNNING:
        return False
    verdict = judge(
        [(result.name, result.outcomes) for result in read_arm_results(experiment)],
        confidence_bps=experiment.confidence_bps,
        minimum_difference_bps=experiment.minimum_difference_bps,
        guardrail_bps=experiment.guardrail_bps,
    )
    experiment.last_look = verdict.as_json()
    experiment.last_look_at = clock.now()
    experiment.save(update_fields=["last_look", "last_look_at"])
    if verdict.stop_reason:
        end_experiment(experiment, reason=verdict.stop_reason)
    return bool(verdict.stop_reason)
