"""Merkle roots, built leaf by leaf in memory that grows with the logarithm of the number of leaves.

The shape is RFC 6962's: the left subtree is the largest power of two, leaves and nodes have prefixes of their
own so that neither can pass for the other. Free of Django: the offline verifier stands on it.
"""

from __future__ import annotations

import hashlib

_LEAF, _NODE = b"\x00", b"\x01"


def leaf_hash(table: str, text: str) -> bytes:
    """32 bytes for one row. text: the row as PostgreSQL rendered it, byte for byte."""
    return hashlib.sha256(_LEAF + table.encode() + b"\x00" + text.encode()).digest()


class MerkleRoot:
    """Add leaves in order, then ask for the root; `rows` counts them."""

    def __init__(self) -> None:
        self.rows = 0
        self._subtrees: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        height = 0
        while self._subtrees and self._subtrees[-1][0] == height:
            leaf = _join(self._subtrees.pop()[1], leaf)
            height += 1
        self._subtrees.append((height, leaf))
        self.rows += 1

    def root(self) -> str:
        """Hexadecimal; of no leaves at all, the hash of nothing."""
        if not self._subtrees:
            return hashlib.sha256(b"").hexdigest()
        root = self._subtrees[-1][1]
        for _, subtree in reversed(self._subtrees[:-1]):
            root = _join(subtree, root)
        return root.hex()


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
