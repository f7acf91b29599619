"""Look at every running experiment, each in a transaction of its own."""

from __future__ import annotations

from foundation.transactions import outside_transaction
from payments.operations.watch_experiment import watch_experiment
from payments.queries.routing import list_running_experiment_ids


@outside_transaction
def watch_experiments() -> int:
    """How many were stopped. Raises nothing of its own. Writes: as watch_experiment. Safe to repeat."""
    return sum(
        watch_experiment(merchant_id=merchant_id, experiment_id=experiment_id)
        for merchant_id, experiment_id in list_running_experiment_ids()
    )
