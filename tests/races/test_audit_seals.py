"""Sealing while others write, and two sealers at once: every row once, no late writer missed, no fork."""

from __future__ import annotations

import random
import time
from functools import partial
from threading import Event as Flag
from threading import Lock
from typing import Any

import pytest
from django.db import transaction

from foundation.audit.models import Seal, SealPage
from foundation.audit.operations.seal_rows import seal_rows
from foundation.events.publishing import publish
from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_merchant
from tests.foundation.audit.sealed import business, ids_of, seal_all, verified
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def merchant(transactional_db: None) -> Merchant:
    return create_merchant(name="Corner Shop", currency="usd")


def tell(merchant: Merchant) -> None:
    publish(
        merchant_id=merchant.id,
        type="charge.updated",
        object_type="charge",
        object_id=new_id(),
        data={"object": "charge"},
    )


def sealed_events() -> list[str]:
    pages = SealPage.objects.filter(table_name="foundation_event").order_by("seal_number", "page")
    return [key for page in pages for key in page.keys.split("\n")]


def test_a_writer_that_commits_after_the_seal_is_in_the_next_one(merchant: Merchant) -> None:
    seal_all()
    written, may_commit = Flag(), Flag()

    def write_slowly() -> None:
        with transaction.atomic():
            tell(merchant)
            written.set()
            assert may_commit.wait(10)

    def write_fast_and_seal() -> list[str]:
        assert written.wait(10)
        with transaction.atomic():
            tell(merchant)
        seal_rows()
        sealed = sealed_events()
        may_commit.set()
        return sealed

    _, early = together([write_slowly, write_fast_and_seal])
    seal_all()

    # The fast one is committed, but below it a transaction still runs: both wait for the next seal.
    assert early == []
    assert sorted(sealed_events()) == ids_of("foundation_event")
    assert len(ids_of("foundation_event")) == 2
    assert verified().count == 0


def test_while_a_sealer_holds_the_chain_another_passes_by(merchant: Merchant) -> None:
    business(merchant, "capture:1")
    seal_all()

    answers = together([partial(seal_rows, rows_per_seal=1)] * 4)

    made = [number for numbers in answers for number in numbers]
    assert sorted(made) == sorted(set(made))
    assert sorted(Seal.objects.values_list("number", flat=True)) == [1, *sorted(made)]
    assert verified().count == 0


def test_with_writers_of_unequal_speed_and_two_sealers_every_row_is_sealed_once(merchant: Merchant) -> None:
    finished = Flag()
    writing = [4]
    lock = Lock()

    def write(seed: int) -> None:
        pace = random.Random(seed)
        for _ in range(20):
            with transaction.atomic():
                tell(merchant)
                time.sleep(pace.uniform(0, 0.01))
                if pace.random() < 0.2:
                    transaction.set_rollback(True)
        with lock:
            writing[0] -= 1
            if not writing[0]:
                finished.set()

    def seal_meanwhile() -> int:
        made = 0
        while not finished.is_set():
            made += len(seal_rows(rows_per_seal=5))
        return made

    answers: list[Any] = together(
        [*[partial(write, seed) for seed in range(4)], seal_meanwhile, seal_meanwhile]
    )
    seal_all()

    assert answers[:4] == [None] * 4
    assert answers[4] + answers[5] >= 1
    assert len(sealed_events()) == len(set(sealed_events()))
    assert sorted(sealed_events()) == ids_of("foundation_event")
    assert verified().count == 0
