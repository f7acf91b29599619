"""What a scrape shows of payments in doubt."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from foundation import clock
from payments.models import AttemptStatus
from payments.queries.gauges import read_oldest_unknown_age_seconds, read_unknown_counts
from tests.factories.shop import Shop


def test_an_unknown_outcome_is_counted_and_its_age_grows_with_the_clock(shop: Shop) -> None:
    shop.psp.fails("error_after_booking")
    intent = shop.pays(1_000)

    with time_machine.travel(clock.now() + timedelta(seconds=90), tick=False):
        age = read_oldest_unknown_age_seconds()

    assert intent.latest_attempt is not None
    assert intent.latest_attempt.status == AttemptStatus.UNKNOWN
    assert read_unknown_counts() == {"attempt": 1, "capture": 0, "increment": 0, "refund": 0}
    assert 89 <= age <= 95


def test_with_nothing_in_doubt_the_age_is_zero(shop: Shop) -> None:
    shop.pays(1_000)

    assert read_oldest_unknown_age_seconds() == 0
    assert read_unknown_counts() == {"attempt": 0, "capture": 0, "increment": 0, "refund": 0}
