"""Claim the disputes and orders whose time has come, in bounded batches, and stage a job for each."""

from __future__ import annotations

from datetime import timedelta

from disputes.locks import claim_due_disputes, claim_due_orders
from foundation import clock
from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction

BATCH = 200
CLAIM = timedelta(minutes=5)


@owns_transaction
def sweep_disputes() -> int:
    """Answers how many jobs were staged.

    Writes: next_action_at and next_check_at of what was claimed, so that nobody else takes it while it is looked at;
    jobs disputes.act_on_clock and disputes.resolve_order. Safe to repeat: what is claimed is not due.
    """
    now = clock.now()
    jobs = []
    for dispute in claim_due_disputes(now=now, limit=BATCH):
        dispute.next_action_at = now + CLAIM
        dispute.save(update_fields=["next_action_at"])
        args = {"merchant_id": str(dispute.merchant_id), "dispute_id": str(dispute.id)}
        jobs.append(NewJob("disputes.act_on_clock", args, merchant_id=dispute.merchant_id))
    for order in claim_due_orders(now=now, limit=BATCH):
        order.next_check_at = now + CLAIM
        order.save(update_fields=["next_check_at"])
        args = {"merchant_id": str(order.merchant_id), "order_id": str(order.id)}
        jobs.append(NewJob("disputes.resolve_order", args, merchant_id=order.merchant_id))
    stage_jobs(jobs)
    return len(jobs)
