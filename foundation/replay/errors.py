"""The refusals of replays."""

from __future__ import annotations

from foundation.errors import DomainError


class ReplayDiffers(DomainError):
    code = "replay_differs"
    http_status = 409
    message = "This replay is of another kind, or was asked for something else."
