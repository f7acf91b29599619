"""Beat's part of all that comes due beside renewals, drafts and retries: stage a job for each; nothing is done here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from foundation import clock
from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction
from subscriptions.queries import due, due_changes

BATCH = 500

Listed = Callable[..., list[tuple[UUID, UUID]]]

WORK: tuple[tuple[str, str, Listed], ...] = (
    ("subscriptions.note_overdue", "invoice_id", due.list_overdue),
    ("subscriptions.expire_resumption", "subscription_id", due.list_expired_resumptions),
    ("subscriptions.resume_collection", "subscription_id", due.list_pauses_over),
    ("subscriptions.expire_pending_update", "subscription_id", due_changes.list_pending_updates_over),
    ("subscriptions.announce_trial_end", "subscription_id", due_changes.list_trials_ending),
    ("subscriptions.begin_schedule", "schedule_id", due_changes.list_schedules_to_begin),
    ("subscriptions.apply_phase", "subscription_id", due.list_phases_due),
    ("subscriptions.end_at_date", "subscription_id", due.list_ends_due),
)
"""(job, what it names, what is due): in the order in which they are staged."""


@owns_transaction
def stage_due_work() -> int:
    """How many were found, at most a batch of each kind.

    Writes jobs.
    Safe to repeat: a job is staged once per object and hour, so that one that could not be done is looked at again.
    """
    now = clock.now()
    jobs = [job for name, param, listed in WORK for job in _jobs(name, param, listed, now)]
    stage_jobs(jobs)
    return len(jobs)


def _jobs(name: str, param: str, listed: Listed, now: datetime) -> list[NewJob]:
    return [
        NewJob(
            name,
            {"merchant_id": str(merchant_id), param: str(row_id)},
            merchant_id=merchant_id,
            dedupe_key=f"{name}:{row_id}:{now:%Y%m%d%H}",
        )
        for row_id, merchant_id in listed(now=now, limit=BATCH)
    ]
