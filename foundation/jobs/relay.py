"""The relay: carries rows to the broker. `manage.py run_relay`; several may run.

Each turn lets the stream readers it was given turn new events into rows, then claims due rows and publishes
their wake-ups. It owns no work: killed at any line, its rows are sent again when their lease lapses. With the
broker away the rows stay ready and the readers go on; with the database away it waits and connects again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from threading import Event as Flag

import structlog
from django.db import DatabaseError, InterfaceError, connection

from foundation.jobs.claiming import SentJob, claim_to_send, give_back
from foundation.jobs.publishing import BrokerAway, Publisher
from foundation.observability.metrics import BROKER_FAILURES, JOBS_RUN

BATCH_JOBS = 100
IDLE_SECONDS = 0.05
ROOM_KNOWN_SECONDS = 1.0
FIRST_RETRY_SECONDS = 0.1
LAST_RETRY_SECONDS = 2.0

StreamReader = Callable[[], int]
"""Takes the next batch of the event stream and returns how many events it took."""

log = structlog.get_logger(__name__)


class _Rest:
    """A pause after a failure, doubling from 0.1 to 2 s: what is away is neither hammered nor logged at every turn."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._until = 0.0

    def begin(self) -> None:
        self.seconds = min(LAST_RETRY_SECONDS, max(FIRST_RETRY_SECONDS, self.seconds * 2))
        self._until = time.monotonic() + self.seconds

    def end(self) -> None:
        self.seconds = 0.0

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._until


class Relay:
    """One relay's loop. readers: run at the start of each turn. stop: ends it after the turn in hand."""

    def __init__(
        self, *, readers: Sequence[StreamReader], stop: Flag, publisher: Publisher | None = None
    ) -> None:
        self._readers = [(reader, _Rest()) for reader in readers]
        self._stop = stop
        self._publisher = publisher or Publisher()
        self._room: dict[str, int] = {}
        self._room_known_until = 0.0
        self._broker_rest = _Rest()
        self._database_rest = _Rest()

    def run(self) -> None:
        """Turn until stopped. Returns with nothing in hand."""
        while not self._stop.is_set():
            try:
                moved = self.turn()
            except (DatabaseError, InterfaceError) as error:
                self._database_rest.begin()
                log.error("relay.database_away", retry_seconds=self._database_rest.seconds, exc_info=error)
                connection.close()
                self._stop.wait(self._database_rest.seconds)
                continue
            self._database_rest.end()
            if not moved:
                self._stop.wait(IDLE_SECONDS)
        self._publisher.close()
        connection.close()

    def turn(self) -> int:
        """Read the streams once and send one batch; how many rows moved. Raises when the database is away."""
        moved = sum(self._read(reader, rest) for reader, rest in self._readers)
        if not self._broker_is_ready():
            return moved
        claimed = claim_to_send(queues=self._open_queues(), limit=BATCH_JOBS)
        sendable = [job for job in claimed if job.status == "sent"]
        for job in claimed:
            if job.status == "dead":
                JOBS_RUN.labels(job.name, "dead").inc()
                log.error("job.dead", job=job.name, job_id=str(job.id))
        if sendable:
            self._publish(sendable)
        return moved + len(claimed)

    def _read(self, reader: StreamReader, rest: _Rest) -> int:
        if not rest.is_over:
            return 0
        try:
            taken = reader()
        except Exception as error:
            # One stream that does not move must stop neither the others nor the jobs. Is it the database that
            # is away, the claim that follows finds out.
            rest.begin()
            log.error("relay.reader_failed", retry_seconds=rest.seconds, exc_info=error)
            return 0
        rest.end()
        return taken

    def _publish(self, jobs: Sequence[SentJob]) -> None:
        sent = Counter(job.queue for job in jobs)
        try:
            self._publisher.publish(jobs)
        except BrokerAway as error:
            self._broker_failed(error)
            give_back([job.id for job in jobs])
        else:
            self._room = {queue: room - sent[queue] for queue, room in self._room.items()}

    def _open_queues(self) -> list[str]:
        return [queue for queue, room in self._room.items() if room > 0]

    def _broker_is_ready(self) -> bool:
        # Asked before rows are claimed, so that an outage does not churn them, and at most once a second.
        if not self._broker_rest.is_over:
            return False
        if time.monotonic() >= self._room_known_until:
            try:
                self._room = self._publisher.room_in_queues()
            except BrokerAway as error:
                self._broker_failed(error)
                return False
            self._room_known_until = time.monotonic() + ROOM_KNOWN_SECONDS
            if self._broker_rest.seconds:
                log.info("relay.broker_back")
            self._broker_rest.end()
        return bool(self._open_queues())

    def _broker_failed(self, error: BrokerAway) -> None:
        self._broker_rest.begin()
        self._room_known_until = 0.0
        self._publisher.close()
        BROKER_FAILURES.inc()
        log.error("relay.broker_away", retry_seconds=self._broker_rest.seconds, exc_info=error)
