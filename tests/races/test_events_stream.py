"""Writers that commit late, and readers side by side: every event reaches every consumer exactly once."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from threading import Event as Flag
from threading import Lock
from uuid import UUID

import pytest
from django.db import transaction

from foundation import ids
from foundation.events.dispatching import Consumer, dispatch_batch, is_behind
from foundation.events.inline import dispatch_events
from foundation.events.models import Event
from foundation.events.publishing import publish
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_merchant
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def merchant(transactional_db: None) -> Merchant:
    return create_merchant(name="Corner Shop", currency="usd")


def tell(merchant: Merchant, event_type: str) -> None:
    publish(
        merchant_id=merchant.id,
        type=event_type,
        object_type="charge",
        object_id=ids.new_id(),
        data={"object": "charge"},
    )


class Ledger:
    """A consumer that notes what it took only when its transaction commits."""

    def __init__(self, name: str = "tests") -> None:
        self._lock = Lock()
        self.noted: list[UUID] = []
        self.consumer = Consumer(name, self._take, batch_events=10)

    def _take(self, event_ids: Sequence[UUID]) -> None:
        def note() -> None:
            with self._lock:
                self.noted.extend(event_ids)

        transaction.on_commit(note)


def test_an_event_committed_late_is_not_missed_and_comes_first(merchant: Merchant) -> None:
    published, may_commit = Flag(), Flag()
    reader = Ledger()
    with transaction.atomic():
        tell(merchant, "charge.created")
    dispatch_events([reader.consumer])

    def write_slowly() -> None:
        with transaction.atomic():
            tell(merchant, "charge.pending")
            published.set()
            assert may_commit.wait(10)

    def write_fast_and_read() -> tuple[int, bool]:
        assert published.wait(10)
        with transaction.atomic():
            tell(merchant, "charge.succeeded")
        taken = dispatch_batch(reader.consumer), is_behind(reader.consumer)
        may_commit.set()
        return taken

    _, taken = together([write_slowly, write_fast_and_read])
    dispatch_events([reader.consumer])

    # The fast one is committed, but below it a transaction still runs: it has to wait for that one.
    assert taken == (0, True)
    types = dict(Event.across_merchants.values_list("id", "type"))
    assert [types[event_id] for event_id in reader.noted] == [
        "charge.created",
        "charge.pending",
        "charge.succeeded",
    ]


def test_with_six_writers_of_unequal_speed_and_three_readers_none_is_missed_and_none_read_twice(
    merchant: Merchant,
) -> None:
    first, second = Ledger("first"), Ledger("second")
    finished = Flag()
    writing = [6]
    lock = Lock()

    def write(seed: int) -> None:
        pace = random.Random(seed)
        for _ in range(25):
            with transaction.atomic():
                tell(merchant, "charge.updated")
                time.sleep(pace.uniform(0, 0.01))
                if pace.random() < 0.2:
                    transaction.set_rollback(True)
        with lock:
            writing[0] -= 1
            if not writing[0]:
                finished.set()

    def read() -> None:
        while not finished.is_set():
            for reader in (first, second):
                dispatch_batch(reader.consumer)

    answers = together([*[partial(write, seed) for seed in range(6)], read, read, read])
    dispatch_events([first.consumer, second.consumer])

    committed = set(Event.across_merchants.values_list("id", flat=True))
    assert answers == [None] * 9
    assert 90 < len(committed) < 150
    for reader in (first, second):
        assert set(reader.noted) == committed
        assert max(Counter(reader.noted).values()) == 1


def test_while_one_relay_holds_a_cursor_another_passes_by(merchant: Merchant) -> None:
    holding, may_go = Flag(), Flag()

    def take_slowly(event_ids: Sequence[UUID]) -> None:
        holding.set()
        assert may_go.wait(10)

    slow = Consumer("shared", take_slowly)
    quick = Ledger("shared")
    with transaction.atomic():
        tell(merchant, "charge.updated")
    dispatch_events([quick.consumer])

    def pass_by() -> int:
        assert holding.wait(10)
        taken = dispatch_batch(quick.consumer)
        may_go.set()
        return taken

    with transaction.atomic():
        tell(merchant, "charge.captured")
    answers = together([partial(dispatch_events, [slow]), pass_by])

    assert answers[1] == 0
    assert not is_behind(slow)
