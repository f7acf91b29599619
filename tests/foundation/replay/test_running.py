"""A replay: counted, kept with who and why, stopped anywhere and gone on with, never twice for the same thing."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest

from foundation import ids
from foundation.context import acting
from foundation.errors import ResourceMissing
from foundation.ids import new_id
from foundation.replay.errors import ReplayDiffers
from foundation.replay.models import Replay
from foundation.replay.running import Criteria, Cursor, Found, Source, run_replay

pytestmark = pytest.mark.django_db


class Pile:
    """Things to do again, in a steady order; it may break at one of them."""

    def __init__(self, size: int, breaks_at: int | None = None) -> None:
        self.things = [(new_id(), "odd" if number % 2 else "even") for number in range(size)]
        self.breaks_at = breaks_at
        self.done: list[UUID] = []
        self.source = Source(Replay.Kind.JOBS, self.read, self.again, batch=3)

    def read(self, criteria: Criteria, cursor: Cursor | None, limit: int) -> list[Found]:
        start = 0 if cursor is None else cursor[0] + 1
        return [
            Found(thing, word, [number])
            for number, (thing, word) in enumerate(self.things)
            if start <= number < start + limit
        ]

    def again(self, things: Sequence[UUID], criteria: Criteria, replay: str) -> int:
        if self.breaks_at is not None and self.things[self.breaks_at][0] in things:
            raise ZeroDivisionError
        self.done += things
        return len(things)


def test_everything_is_done_again_once_and_counted_with_who_and_why() -> None:
    pile = Pile(7)

    with acting(actor="staff:ada", reason="The worker was broken."):
        replay = run_replay(pile.source, criteria={"name": "x"}, is_dry_run=False)

    assert pile.done == [thing for thing, _ in pile.things]
    assert (replay.found, replay.counts) == (7, {"jobs": 7, "found": {"even": 4, "odd": 3}})
    assert (replay.actor, replay.reason, replay.criteria) == (
        "staff:ada",
        "The worker was broken.",
        {"name": "x"},
    )
    assert replay.finished_at is not None


def test_a_dry_run_counts_and_does_nothing() -> None:
    pile = Pile(4)

    replay = run_replay(pile.source, criteria={}, is_dry_run=True)

    assert pile.done == []
    assert (replay.found, replay.counts, replay.is_dry_run) == (4, {"found": {"even": 2, "odd": 2}}, True)


@pytest.mark.parametrize(("size", "most", "done"), [(7, 4, 4), (7, 0, 0), (2, 4, 2), (6, 3, 3)])
def test_no_more_than_asked_for(size: int, most: int, done: int) -> None:
    pile = Pile(size)

    replay = run_replay(pile.source, criteria={}, is_dry_run=False, most=most)

    assert (len(pile.done), replay.found) == (done, done)
    assert replay.finished_at is not None


def test_what_stopped_halfway_goes_on_behind_the_last_batch() -> None:
    pile = Pile(8, breaks_at=4)
    with pytest.raises(ZeroDivisionError):
        run_replay(pile.source, criteria={}, is_dry_run=False)
    stopped = Replay.objects.get()
    assert (stopped.found, stopped.finished_at) == (3, None)
    pile.breaks_at = None

    replay = run_replay(pile.source, criteria={"ignored": True}, is_dry_run=True, resume=stopped.id)

    assert pile.done == [thing for thing, _ in pile.things]
    assert (replay.id, replay.found, replay.criteria) == (stopped.id, 8, {})


def test_a_finished_replay_does_nothing_more() -> None:
    pile = Pile(2)
    replay = run_replay(pile.source, criteria={}, is_dry_run=False)

    run_replay(pile.source, criteria={}, is_dry_run=False, resume=replay.id)

    assert len(pile.done) == 2
    assert Replay.objects.count() == 1


def test_a_replay_of_another_kind_is_not_gone_on_with() -> None:
    other = Replay.objects.create(kind=Replay.Kind.EVENTS, actor="staff:ada")
    pile = Pile(2)

    with pytest.raises(ReplayDiffers):
        run_replay(pile.source, criteria={}, is_dry_run=False, resume=other.id)
    with pytest.raises(ResourceMissing):
        run_replay(pile.source, criteria={}, is_dry_run=False, resume=new_id())

    assert pile.done == []
    assert ids.decode_id("rpl", other.public_id) == other.id
