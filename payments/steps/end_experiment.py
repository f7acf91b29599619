"""Stop an experiment in the caller's transaction."""

from __future__ import annotations

from foundation import clock
from foundation.context import current
from foundation.transactions import joins_transaction
from payments.models import RoutingExperiment


@joins_transaction
def end_experiment(experiment: RoutingExperiment, *, reason: str) -> None:
    """The experiment is locked and not stopped yet. Writes it."""
    experiment.stop()
    experiment.stopped_by = current().actor[:150]
    experiment.stopped_at = clock.now()
    experiment.stop_reason = reason[:500]
    experiment.save(update_fields=["status", "stopped_by", "stopped_at", "stop_reason"])
