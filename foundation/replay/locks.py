"""The lock of a replay: two who resume it take turns, batch by batch."""

from __future__ import annotations

from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.replay.models import Replay
from foundation.transactions import joins_transaction


@joins_transaction
def lock_replay(replay_id: UUID) -> Replay:
    """Raises ResourceMissing."""
    replay = Replay.objects.select_for_update(of=("self",)).filter(pk=replay_id).first()
    if replay is None:
        raise ResourceMissing("No such replay.", param="replay")
    return replay
