"""The clock: UTC, whole seconds on the wire, and stoppable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import time_machine

from foundation import clock


def test_a_stopped_clock_says_its_instant_in_utc() -> None:
    instant = datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)

    with time_machine.travel(instant, tick=False):
        now = clock.now()

    assert now == instant
    assert now.tzinfo is UTC


def test_timestamps_are_whole_unix_seconds_and_come_back_in_utc() -> None:
    instant = datetime(2026, 11, 20, 12, 0, 0, 999_999, tzinfo=UTC)
    elsewhere = instant.astimezone(timezone(timedelta(hours=9)))

    assert clock.to_timestamp(instant) == 1_795_176_000
    assert clock.to_timestamp(elsewhere) == 1_795_176_000
    assert clock.from_timestamp(1_795_176_000) == datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
