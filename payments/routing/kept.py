"""What this process keeps of a merchant for a short while, where half a minute old is as good as new. Pure."""

from __future__ import annotations

import threading
import time
from typing import Generic, TypeVar
from uuid import UUID

KEPT_SECONDS = 30.0
MOST_MERCHANTS = 512

T = TypeVar("T")


class Kept(Generic[T]):
    """By merchant. Safe among threads."""

    def __init__(self) -> None:
        self._kept: dict[UUID, tuple[float, T]] = {}
        self._lock = threading.Lock()

    def find(self, merchant_id: UUID) -> T | None:
        kept = self._kept.get(merchant_id)
        return kept[1] if kept is not None and kept[0] > time.monotonic() else None

    def keep(self, merchant_id: UUID, value: T) -> T:
        with self._lock:
            if len(self._kept) >= MOST_MERCHANTS:
                self._kept.clear()
            self._kept[merchant_id] = (time.monotonic() + KEPT_SECONDS, value)
        return value
