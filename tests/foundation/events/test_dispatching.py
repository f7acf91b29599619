from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from foundation.context import acting
from foundation.events.dispatching import Consumer, dispatch_batch, is_behind
from foundation.events.handling import HANDLERS
from foundation.events.inline import dispatch_events
from foundation.events.models import Event, EventCursor
from foundation.events.subscriptions import subscribe
from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job

Publish = Callable[..., Event]
Listen = Callable[..., None]


def collector(name: str = "tests") -> tuple[Consumer, list[UUID]]:
    taken: list[UUID] = []
    return Consumer(name, lambda event_ids: taken.extend(event_ids)), taken


@pytest.mark.django_db(transaction=True)
def test_a_consumer_takes_each_event_once_and_in_order(publish_one: Publish) -> None:
    consumer, taken = collector()
    published = [publish_one().id for _ in range(3)]

    assert dispatch_events([consumer]) == 3
    published.append(publish_one().id)
    assert dispatch_events([consumer]) == 1

    assert taken == published
    assert not is_behind(consumer)
    assert dispatch_batch(consumer) == 0


@pytest.mark.django_db(transaction=True)
def test_consumers_read_at_their_own_pace(publish_one: Publish) -> None:
    early, of_early = collector("early")
    late, of_late = collector("late")
    publish_one()
    dispatch_events([early])
    publish_one()

    dispatch_events([early, late])

    assert of_early == of_late
    assert len(of_late) == 2


@pytest.mark.django_db(transaction=True)
def test_a_consumer_that_fails_loses_nothing_and_its_cursor_stays(publish_one: Publish) -> None:
    answers = [ZeroDivisionError(), None]
    taken: list[UUID] = []

    def take(event_ids: Sequence[UUID]) -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer
        taken.extend(event_ids)

    consumer = Consumer("fragile", take)
    event = publish_one()

    with pytest.raises(ZeroDivisionError):
        dispatch_events([consumer])
    assert not EventCursor.objects.filter(position__gt=0).exists()
    dispatch_events([consumer])

    assert taken == [event.id]


@pytest.mark.django_db(transaction=True)
def test_batches_are_bounded(publish_one: Publish) -> None:
    batches: list[int] = []
    consumer = Consumer("tests", lambda event_ids: batches.append(len(event_ids)), batch_events=2)
    for _ in range(5):
        publish_one()

    dispatch_events([consumer])

    # An older transaction anywhere in the cluster holds events back for a moment: a batch may be smaller, never larger.
    assert max(batches) == 2
    assert sum(batches) == 5


@pytest.mark.django_db(transaction=True)
def test_each_handler_of_a_type_runs_once_per_event(publish_one: Publish, listen: Listen) -> None:
    heard: list[tuple[str, UUID]] = []
    listen("charge.refunded", "tests.book", lambda event: heard.append(("book", event.id)))
    listen("charge.updated", "tests.book_too", lambda event: heard.append(("book_too", event.id)))
    listen("*", "tests.watch", lambda event: heard.append(("watch", event.id)))
    refunded = publish_one("charge.refunded")
    other = publish_one("payout.paid")

    dispatch_events([HANDLERS])
    dispatch_events([HANDLERS])
    run_due_jobs()

    assert sorted(heard) == sorted([("book", refunded.id), ("watch", refunded.id), ("watch", other.id)])


def hand_over(event: Event) -> None:
    """What the dispatcher does with a committed event; a test that does not commit says it itself."""
    with transaction.atomic():
        HANDLERS.take([event.id])


def test_a_handler_subscribed_to_a_type_and_to_all_runs_once(publish_one: Publish, listen: Listen) -> None:
    heard: list[UUID] = []

    def hear(event: Event) -> None:
        heard.append(event.id)

    listen("charge.refunded", "tests.hear", hear)
    listen("*", "tests.hear", hear)
    event = publish_one("charge.refunded")

    hand_over(event)
    run_due_jobs()

    assert heard == [event.id]


def test_the_job_of_a_handler_carries_the_events_trace(publish_one: Publish, listen: Listen) -> None:
    listen("*", "tests.watch", lambda event: None)
    with acting(trace_id="b" * 32, request_id="req_3"):
        event = publish_one()

    hand_over(event)

    # Beside those of the handlers that listen to this type in earnest.
    job = Job.objects.get(dedupe_key=f"event:tests.watch:{event.id}")
    assert (job.merchant_id, job.trace_id, job.request_id) == (event.merchant_id, "b" * 32, "req_3")
    assert job.traceparent.startswith(f"00-{'b' * 32}-")


def test_a_handler_name_belongs_to_one_handler(listen: Listen) -> None:
    listen("a.b", "tests.mine", lambda event: None)

    with pytest.raises(ValueError, match="claimed twice"):
        subscribe("a.c", "tests.mine", lambda event: None)


def replay(*arguments: str) -> dict[str, int]:
    out = StringIO()
    call_command("replay_events", *arguments, stdout=out)
    answer: dict[str, int] = json.loads(out.getvalue())
    return {name: answer[name] for name in ("events", "jobs")}


@pytest.mark.django_db(transaction=True)
def test_a_replay_runs_the_chosen_handler_again(publish_one: Publish, listen: Listen) -> None:
    heard: list[tuple[str, UUID]] = []
    listen("*", "tests.one", lambda event: heard.append(("one", event.id)))
    listen("*", "tests.two", lambda event: heard.append(("two", event.id)))
    event = publish_one()
    dispatch_events([HANDLERS])
    run_due_jobs()
    heard.clear()
    since = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()

    assert replay("--since", since, "--dry-run") == {"events": 1, "jobs": 0}
    assert run_due_jobs() == 0
    assert replay("--since", since, "--handler", "tests.one") == {"events": 1, "jobs": 1}
    run_due_jobs()

    assert heard == [("one", event.id)]
    assert replay("--since", "2099-01-01") == {"events": 0, "jobs": 0}


def test_a_replay_for_an_unknown_handler_or_time_is_refused() -> None:
    with pytest.raises(CommandError, match="No event handler"):
        replay("--since", "2026-01-01", "--handler", "tests.nobody")
    with pytest.raises(CommandError, match="ISO 8601"):
        replay("--since", "yesterday")
