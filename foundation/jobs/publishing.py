"""Publishing wake-ups: a message per job, with its id and nothing else, pipelined over one connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from celery import current_app
from kombu.connection import Connection
from kombu.messaging import Producer

from foundation.jobs.claiming import SentJob
from foundation.jobs.registry import QUEUES

RUN_TASK = "foundation.jobs.run"

QUEUE_DEPTH_LIMIT = 1_000
"""Messages that may wait in a queue before the relay leaves its rows in PostgreSQL: more would wake no worker
any sooner, and would fill the broker when no worker is there at all."""


class BrokerAway(RuntimeError):
    """The broker did not take or answer what it was sent. Its cause is whatever the broker's libraries raised."""


class Publisher:
    """A broker connection for one thread. Opened on first use, and anew after close().

    broker_url: another broker than the configured one, for tests that stop theirs.
    """

    def __init__(self, broker_url: str | None = None) -> None:
        self._broker_url = broker_url
        self._connection: Connection | None = None
        self._producer: Producer | None = None

    def room_in_queues(self) -> dict[str, int]:
        """How many more messages each queue should get. Raises BrokerAway."""
        with _broker_away():
            channel = self._open().channel
            with channel.conn_or_acquire() as client, client.pipeline(transaction=False) as pipeline:
                for queue in QUEUES:
                    pipeline.llen(queue)
                depths = pipeline.execute()
        return {queue: QUEUE_DEPTH_LIMIT - depth for queue, depth in zip(QUEUES, depths, strict=True)}

    def publish(self, jobs: Sequence[SentJob]) -> None:
        """Send one message per job, in one round trip. Raises BrokerAway; some may have left all the same."""
        with _broker_away():
            producer = self._open()
            with producer.batch(max_size=len(jobs)):  # type: ignore[no-untyped-call]
                for job in jobs:
                    # The message takes the job's id for its own: logs of broker and worker name the row.
                    current_app.send_task(
                        RUN_TASK,
                        [str(job.id)],
                        task_id=str(job.id),
                        queue=job.queue,
                        producer=producer,
                        retry=False,
                    )

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()  # type: ignore[no-untyped-call]
        self._connection = self._producer = None

    def _open(self) -> Producer:
        if self._producer is None:
            # One try per call: the relay itself decides how long to wait, and must stay stoppable.
            self._connection = current_app.connection_for_write(
                self._broker_url,
                transport_options={"max_retries": 1, "interval_start": 0, "interval_step": 0},
            )
            self._producer = current_app.amqp.Producer(self._connection)
        return self._producer


@contextmanager
def _broker_away() -> Iterator[None]:
    # Celery, kombu, redis-py and the socket each have errors of their own; to the relay they are one.
    try:
        yield
    except Exception as error:
        raise BrokerAway(f"{type(error).__name__}: {error}") from error
