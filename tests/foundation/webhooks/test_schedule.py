from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foundation.webhooks.schedule import next_try_at, retry_after_seconds

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
HOUR = 3_600


@pytest.mark.parametrize(
    ("tries", "seconds"),
    [
        (1, 5),
        (2, 300),
        (3, 1_800),
        (4, 2 * HOUR),
        (5, 5 * HOUR),
        (6, 10 * HOUR),
        (7, 14 * HOUR),
        (8, 20 * HOUR),
        (9, 24 * HOUR),
    ],
)
def test_each_wait_is_the_schedules_with_a_fifth_of_jitter(tries: int, seconds: int) -> None:
    waits = [(next_try_at(tries=tries, now=NOW) or NOW) - NOW for _ in range(200)]

    assert min(waits) >= timedelta(seconds=seconds * 0.8)
    assert max(waits) <= timedelta(seconds=seconds * 1.2)
    assert max(waits) - min(waits) > timedelta(seconds=seconds * 0.2)


def test_the_tenth_failed_try_was_the_last() -> None:
    assert next_try_at(tries=10, now=NOW) is None


def test_the_receivers_wish_makes_the_wait_longer_never_shorter_and_at_most_a_day() -> None:
    longer = next_try_at(tries=1, now=NOW, retry_after_seconds=120)
    shorter = next_try_at(tries=3, now=NOW, retry_after_seconds=1)
    endless = next_try_at(tries=1, now=NOW, retry_after_seconds=10**9)

    assert longer == NOW + timedelta(seconds=120)
    assert shorter is not None
    assert shorter >= NOW + timedelta(seconds=1_440)
    assert endless == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Fri, 20 Nov 2026 12:01:40 GMT", 100.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("99999999999999999999", 9_999_999_999.0),
        ("1٣", None),
    ],
)
def test_a_retry_after_header_is_seconds_or_a_date_or_nothing(
    header: str | None, seconds: float | None
) -> None:
    assert retry_after_seconds(header, now=NOW) == seconds
