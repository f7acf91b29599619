"""Running a replay: batch by batch, each with its cursor and counts in one transaction, so that it may stop anywhere.

What does not live here: what there is to replay and how (operations/replay_… of the rooms that own it).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.replay.errors import ReplayDiffers
from foundation.replay.locks import lock_replay
from foundation.replay.models import Replay
from foundation.transactions import outside_transaction, owns_transaction

__all__ = ["Criteria", "Cursor", "Found", "Replay", "Source", "run_replay"]

BATCH = 500

Criteria = dict[str, Any]
Cursor = list[Any]


@dataclass(frozen=True, slots=True)
class Found:
    """One thing to do again. cursor: JSON, where to go on behind it; word: what it is counted as."""

    id: UUID
    word: str
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Source:
    """What is replayed. read(criteria, cursor, limit): the next ones in a steady order. again(ids, criteria,
    replay): do them again, in the caller's transaction; how many jobs that made."""

    kind: Replay.Kind
    read: Callable[[Criteria, Cursor | None, int], Sequence[Found]]
    again: Callable[[Sequence[UUID], Criteria, str], int]
    batch: int = BATCH


@outside_transaction
def run_replay(
    source: Source,
    *,
    criteria: Criteria,
    is_dry_run: bool,
    merchant_id: UUID | None = None,
    most: int | None = None,
    resume: UUID | None = None,
) -> Replay:
    """Run a replay to its end, or on from where another run of it stopped.

    most: at most this many in all. resume: an earlier replay, which then says itself what was asked for.
    Raises: ResourceMissing, ReplayDiffers.
    Writes: the replay with who, what and how many; unless it is a dry run, what source.again writes.
    Safe to stop anywhere and to resume: a batch and its cursor are one transaction.
    """
    replay_id = resume or _begin(source, criteria, is_dry_run, merchant_id, most)
    while not _take_batch(source, replay_id):
        pass
    return Replay.objects.get(pk=replay_id)


@owns_transaction
def _begin(
    source: Source, criteria: Criteria, is_dry_run: bool, merchant_id: UUID | None, most: int | None
) -> UUID:
    context = current()
    replay = Replay(
        kind=source.kind,
        merchant_id=merchant_id,
        criteria={**criteria, **({"most": most} if most is not None else {})},
        is_dry_run=is_dry_run,
        actor=context.actor[:128],
        reason=context.reason[:500],
    )
    replay.save(force_insert=True)
    return replay.id


@owns_transaction
def _take_batch(source: Source, replay_id: UUID) -> bool:
    """Whether that was the last one."""
    replay = lock_replay(replay_id)
    if replay.kind != source.kind:
        raise ReplayDiffers()
    if replay.finished_at is not None:
        return True
    # What dies or arrives while the replay runs is not part of it.
    criteria = {**replay.criteria, "before": replay.started_at.isoformat()}
    most = replay.criteria.get("most")
    limit = source.batch if most is None else min(source.batch, most - replay.found)
    found = source.read(criteria, replay.cursor, limit) if limit > 0 else []
    if found:
        if not replay.is_dry_run:
            made = source.again([one.id for one in found], criteria, str(replay.id))
            replay.counts["jobs"] = replay.counts.get("jobs", 0) + made
        words = Counter(replay.counts.get("found", {})) + Counter(one.word for one in found)
        replay.counts["found"] = dict(words)
        replay.found += len(found)
        replay.cursor = found[-1].cursor
    is_last = len(found) < limit or limit <= 0
    if is_last:
        replay.finished_at = clock.now()
    replay.save(update_fields=["counts", "found", "cursor", "finished_at"])
    return is_last
