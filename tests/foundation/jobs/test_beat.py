from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from celery import Celery

from foundation.jobs.beat import BeatEntry, RowScheduler, as_celery_schedule
from foundation.jobs.models import Job

NINE = datetime(2026, 11, 20, 9, 0, 30, tzinfo=UTC)
MINUTELY = BeatEntry("scan_unknown", "tests.scan", 60, {"limit": 5})
QUARTERLY = BeatEntry("sweep", "tests.sweep", 900)


@pytest.fixture
def make_beat(db: None, register_job: Callable[..., None]) -> Iterator[Callable[..., RowScheduler]]:
    register_job("tests.scan", lambda *, limit: None)
    register_job("tests.sweep", lambda: None, queue="reports")

    def make(*entries: BeatEntry) -> RowScheduler:
        app = Celery("beat_of_a_test", set_as_current=False)
        app.conf.beat_schedule = as_celery_schedule(entries)
        return RowScheduler(app=app)

    yield make


def keys() -> list[str | None]:
    return sorted(Job.objects.values_list("dedupe_key", flat=True))


def test_a_tick_inserts_a_row_for_the_last_whole_interval(make_beat: Callable[..., RowScheduler]) -> None:
    beat = make_beat(MINUTELY, QUARTERLY)

    with time_machine.travel(NINE, tick=False):
        wait = beat.tick()

    rows = {job.name: job for job in Job.objects.all()}
    assert keys() == ["beat:scan_unknown:2026-11-20T09:00:00+00:00", "beat:sweep:2026-11-20T09:00:00+00:00"]
    assert rows["tests.scan"].args == {"limit": 5}
    assert (rows["tests.sweep"].queue, rows["tests.sweep"].actor) == ("reports", "beat")
    assert wait == 5.0


def test_a_tick_comes_once_per_interval(make_beat: Callable[..., RowScheduler]) -> None:
    beat = make_beat(MINUTELY)
    for second in (0, 10, 29, 31, 45):
        with time_machine.travel(NINE + timedelta(seconds=second), tick=False):
            beat.tick()

    assert keys() == [
        "beat:scan_unknown:2026-11-20T09:00:00+00:00",
        "beat:scan_unknown:2026-11-20T09:01:00+00:00",
    ]


def test_three_beats_insert_one_row_per_tick(make_beat: Callable[..., RowScheduler]) -> None:
    beats = [make_beat(MINUTELY) for _ in range(3)]

    with time_machine.travel(NINE, tick=False):
        for beat in beats:
            beat.tick()

    assert keys() == ["beat:scan_unknown:2026-11-20T09:00:00+00:00"]


def test_missed_ticks_are_not_made_up_for(make_beat: Callable[..., RowScheduler]) -> None:
    beat = make_beat(MINUTELY)
    with time_machine.travel(NINE, tick=False):
        beat.tick()
    with time_machine.travel(NINE + timedelta(hours=1), tick=False):
        beat.tick()

    assert len(keys()) == 2


def test_the_wait_ends_at_the_next_interval(make_beat: Callable[..., RowScheduler]) -> None:
    beat = make_beat(MINUTELY)

    with time_machine.travel(NINE + timedelta(seconds=28), tick=False):
        wait = beat.tick()

    assert wait == pytest.approx(2.0)


def test_an_entry_whose_job_nobody_registered_does_not_keep_the_others_from_ticking(
    make_beat: Callable[..., RowScheduler],
) -> None:
    beat = make_beat(BeatEntry("lost", "tests.nobodys", 60), MINUTELY)

    with time_machine.travel(NINE, tick=False):
        beat.tick()

    assert keys() == ["beat:scan_unknown:2026-11-20T09:00:00+00:00"]


def test_two_entries_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        as_celery_schedule([MINUTELY, BeatEntry("scan_unknown", "tests.sweep", 60)])
