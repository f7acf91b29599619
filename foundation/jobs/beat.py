"""Beat that inserts rows: each tick stages the jobs whose time has come, and sends no message.

Two beats may run: a tick's row is unique by (entry, scheduled time). A missed tick is not made up for: scans
are driven by what is due, so it only delays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from celery.beat import Scheduler
from django.db import DatabaseError, InterfaceError, connection

from foundation import clock
from foundation.context import acting
from foundation.jobs.registry import registered_jobs
from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction

MAX_WAIT_SECONDS = 5.0
RETRY_SECONDS = 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BeatEntry:
    """A job staged every `every_seconds`, at whole multiples since 1970. name: unique over the schedule."""

    name: str
    job: str
    every_seconds: int
    args: Mapping[str, Any] = field(default_factory=dict)


def as_celery_schedule(entries: Sequence[BeatEntry]) -> dict[str, dict[str, Any]]:
    """The entries as Celery's `beat_schedule` setting, from which RowScheduler takes them."""
    names = [entry.name for entry in entries]
    if len(set(names)) != len(names):
        raise ValueError("Two beat entries have the same name.")
    return {
        entry.name: {"task": entry.job, "schedule": entry.every_seconds, "kwargs": dict(entry.args)}
        for entry in entries
    }


@owns_transaction
def stage_ticks(entries: Sequence[tuple[BeatEntry, datetime]]) -> None:
    """Stage one job per entry and scheduled time; a tick that is there already is left as it is."""
    stage_jobs(
        [
            NewJob(entry.job, entry.args, dedupe_key=f"beat:{entry.name}:{scheduled_for.isoformat()}")
            for entry, scheduled_for in entries
        ]
    )


class RowScheduler(Scheduler):  # type: ignore[misc]
    """Celery's beat with rows instead of messages: `celery -A payments_site beat`."""

    def setup_schedule(self) -> None:
        entries = [
            BeatEntry(name, entry["task"], int(entry["schedule"]), entry.get("kwargs", {}))
            for name, entry in self.app.conf.beat_schedule.items()
        ]
        # One entry that nobody can run must not keep the others from their ticks.
        self.entries = [entry for entry in entries if entry.job in registered_jobs()]
        for entry in entries:
            if entry not in self.entries:
                log.error("beat.job_unknown", job=entry.job)
        self._last_tick: dict[str, datetime] = {}

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Stage what is due; the seconds until the next tick. Outlives the database being away."""
        now = clock.now()
        due = [
            (entry, scheduled_for)
            for entry in self.entries
            if (scheduled_for := _scheduled_time(entry, now)) != self._last_tick.get(entry.name)
        ]
        if due:
            try:
                with acting(actor="beat"):
                    stage_ticks(due)
            except (DatabaseError, InterfaceError) as error:
                log.error("beat.database_away", exc_info=error)
                connection.close()
                return RETRY_SECONDS
            self._last_tick |= {entry.name: scheduled_for for entry, scheduled_for in due}
        return self._seconds_to_next(now)

    def _seconds_to_next(self, now: datetime) -> float:
        waits = [entry.every_seconds - now.timestamp() % entry.every_seconds for entry in self.entries]
        return min([*waits, MAX_WAIT_SECONDS])

    @property
    def info(self) -> str:
        return f"    . {len(self.app.conf.beat_schedule)} entries, as rows"


def _scheduled_time(entry: BeatEntry, now: datetime) -> datetime:
    return clock.from_timestamp(int(now.timestamp()) // entry.every_seconds * entry.every_seconds)
