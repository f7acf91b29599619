"""Numbers of all processes in one page, and gauges that are asked of the database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from foundation import clock
from foundation.events.models import Event, EventCursor
from foundation.jobs.models import Job
from foundation.observability.gauges import register_gauge, registered_gauges, withdraw_gauge
from foundation.observability.metrics import observe_psp_call, render_metrics
from foundation.tenancy.models import Merchant

COUNT_IN_A_PROCESS = """
import sys
from prometheus_client import Counter, Gauge, Histogram
counter = Counter("probe_calls", "Probe.", ("kind",))
histogram = Histogram("probe_seconds", "Probe.", buckets=(1.0, 5.0))
gauge = Gauge("probe_state", "Probe.", multiprocess_mode="mostrecent")
for _ in range(int(sys.argv[1])):
    counter.labels("a").inc()
    histogram.observe(2.0)
gauge.set(int(sys.argv[1]))
"""


def samples(page: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


def run_process(folder: Path, times: int) -> None:
    subprocess.run(
        [sys.executable, "-c", COUNT_IN_A_PROCESS, str(times)],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
        check=True,
    )


@pytest.fixture
def _probes_leave() -> Iterator[None]:
    yield
    for name in registered_gauges():
        if name.startswith("probe_"):
            withdraw_gauge(name)


@pytest.mark.django_db
def test_processes_are_summed_and_the_dead_ones_folded_without_losing_a_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    run_process(tmp_path, 2)
    run_process(tmp_path, 3)

    first = samples(render_metrics())
    run_process(tmp_path, 4)
    second = samples(render_metrics())

    calls = ("probe_calls_total", (("kind", "a"),))
    assert (first[calls], second[calls]) == (5.0, 9.0)
    assert second[("probe_seconds_count", ())] == 9.0
    assert second[("probe_seconds_sum", ())] == 18.0
    assert second[("probe_seconds_bucket", (("le", "5.0"),))] == 9.0
    assert second[("probe_seconds_bucket", (("le", "1.0"),))] == 0.0
    assert (first[("probe_state", ())], second[("probe_state", ())]) == (3.0, 4.0)
    assert sorted(file.name for file in tmp_path.glob("*.db")) == [
        "counter_folded.db",
        "gauge_mostrecent_folded.db",
        "histogram_folded.db",
    ]


@pytest.mark.django_db
def test_the_file_of_a_living_process_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    run_process(tmp_path, 2)
    (own,) = tmp_path.glob("counter_*.db")
    alive = own.rename(tmp_path / f"counter_{os.getpid()}.db")

    page = samples(render_metrics())

    assert alive.exists()
    assert page[("probe_calls_total", (("kind", "a"),))] == 2.0


def test_a_psp_call_is_counted_by_outcome_and_timed() -> None:
    labels = {"psp": "stripe", "operation": "refund", "outcome": "unknown"}
    before = REGISTRY.get_sample_value("payments_psp_calls_total", labels) or 0.0

    observe_psp_call("stripe", "refund", "unknown", 8.0)

    assert REGISTRY.get_sample_value("payments_psp_calls_total", labels) == before + 1


@pytest.mark.usefixtures("_probes_leave", "db")
def test_a_gauge_is_read_at_every_scrape_with_or_without_a_label() -> None:
    answers = iter([3, 4])
    register_gauge("probe_unknown_count", "Probe.", lambda: next(answers))
    register_gauge("probe_age_seconds", "Probe.", lambda: {"usd": 1.5, "eur": 2.5}, label="currency")
    register_gauge("probe_nothing", "Probe.", dict, label="queue")

    assert [samples(render_metrics())[("probe_unknown_count", ())] for _ in range(2)] == [3.0, 4.0]
    register_gauge("probe_unknown_count", "Probe.", lambda: 7)
    page = samples(render_metrics())

    assert page[("probe_unknown_count", ())] == 7.0
    assert page[("probe_age_seconds", (("currency", "eur"),))] == 2.5
    assert page[("payments_gauges_failed", ())] == 0.0


@pytest.mark.usefixtures("_probes_leave", "db")
def test_a_gauge_that_fails_is_left_out_and_counted() -> None:
    register_gauge("probe_broken", "Probe.", lambda: 1 / 0)
    register_gauge("probe_whole", "Probe.", lambda: 1)

    page = samples(render_metrics())

    assert ("probe_broken", ()) not in page
    assert page[("probe_whole", ())] == 1.0
    assert page[("payments_gauges_failed", ())] == 1.0


def make_job(**fields: Any) -> None:
    Job.objects.create(**({"name": "probe.run", "queue": "default", "run_after": clock.now()} | fields))


@pytest.mark.django_db
def test_the_foundation_shows_backlog_age_dead_jobs_and_beat() -> None:
    now = clock.now()
    make_job(queue="psp", run_after=now - timedelta(seconds=90))
    make_job(queue="psp", run_after=now - timedelta(seconds=30))
    make_job(queue="psp", run_after=now + timedelta(hours=1))
    make_job(status=Job.Status.DEAD)
    make_job(queue="billing", status=Job.Status.RUNNING)
    make_job(queue="billing", status=Job.Status.SENT)
    make_job(status=Job.Status.DONE, dedupe_key="beat:probe:1", created_at=now - timedelta(seconds=20))

    page = samples(render_metrics())

    assert page[("payments_jobs_ready", (("queue", "psp"),))] == 2.0
    assert 89 < page[("payments_jobs_oldest_ready_age_seconds", (("queue", "psp"),))] < 95
    assert page[("payments_jobs_running", (("queue", "billing"),))] == 1.0
    assert page[("payments_jobs_dead", ())] == 1.0
    # The tests' login is the owner's, whose sessions the application sees without their state.
    assert page[("payments_database_connections", (("state", "other"),))] >= 1.0
    assert page[("payments_redis_memory_bytes", ())] > 100_000
    assert 19 < page[("payments_beat_age_seconds", ())] < 25
    assert page[("payments_gauges_failed", ())] == 0.0


@pytest.mark.django_db
def test_without_any_tick_of_beat_its_age_says_so() -> None:
    assert samples(render_metrics())[("payments_beat_age_seconds", ())] == -1.0


@pytest.mark.django_db
def test_dispatch_lag_is_the_age_of_the_oldest_event_not_taken() -> None:
    merchant = Merchant.objects.create(name="Shop", default_currency="usd")
    EventCursor.objects.create(consumer="probe")
    lag = ("payments_event_dispatch_lag_seconds", (("consumer", "probe"),))
    assert samples(render_metrics())[lag] == 0.0

    for seconds in (40, 10):
        Event.objects.for_merchant(merchant.id).create(
            merchant=merchant,
            type="probe",
            object_type="probe",
            object_id=uuid4(),
            data={},
            api_version="v",
            created_at=clock.now() - timedelta(seconds=seconds),
        )

    assert 39 < samples(render_metrics())[lag] < 45
