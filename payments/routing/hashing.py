"""Chance that is none: a share of the payments, the same for the same key on every machine and at every try. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_RANGE = 2**64


def draw(weighted: Sequence[tuple[T, int]], *, seed: str, key: str) -> T:
    """One of the things, by its share of the weights. seed: whose draw it is, so that two draws of one key differ.

    A thing keeps its part of the keys as long as the list stays as it is. The weights are positive."""
    total = sum(weight for _, weight in weighted)
    digest = hashlib.blake2b(f"{seed}\x00{key}".encode(), digest_size=8).digest()
    point = int.from_bytes(digest, "big") * total
    reached = 0
    for thing, weight in weighted:
        reached += weight * _RANGE
        if point < reached:
            return thing
    raise AssertionError("unreachable: the point lies below the sum of the weights")
