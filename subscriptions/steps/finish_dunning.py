"""Carry out what a run's end says, once its tries are used up."""

from __future__ import annotations

from datetime import datetime

from foundation.transactions import joins_transaction
from subscriptions.models import DunningRun, EndAction, Invoice, RunStatus, Subscription
from subscriptions.steps.dunning import apply_lighter_end
from subscriptions.steps.end_subscription import end_subscription

PAYMENT_FAILED = "payment_failed"


@joins_transaction
def finish_dunning(
    run: DunningRun | None, subscription: Subscription | None, invoice: Invoice, *, now: datetime
) -> None:
    """Does nothing while tries are left. The invoice and its subscription are locked.

    Writes as apply_lighter_end and end_subscription do.
    """
    if run is None or run.status != RunStatus.EXHAUSTED:
        return
    apply_lighter_end(run, subscription, invoice, now=now)
    if subscription is not None and subscription.is_live and run.end_action == EndAction.CANCEL:
        end_subscription(subscription, at=now, now=now, reason=PAYMENT_FAILED)
