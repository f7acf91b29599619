"""Merkle roots are RFC 6962's, whatever the number of leaves."""

from __future__ import annotations

import hashlib
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from foundation.audit.merkle import MerkleRoot, leaf_hash


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = by_definition(leaves[:split]), by_definition(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: list[bytes]) -> str:
    root = MerkleRoot()
    for leaf in leaves:
        root.add(leaf)
    return root.root()


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=70))
def test_the_root_built_leaf_by_leaf_is_the_one_of_the_definition(leaves: list[bytes]) -> None:
    assert root_of(leaves) == by_definition(leaves).hex()


def test_order_count_and_content_of_leaves_change_the_root() -> None:
    one, two = leaf_hash("t", "1"), leaf_hash("t", "2")

    roots = {root_of(leaves) for leaves in ([], [one], [two], [one, two], [two, one], [one, two, two])}

    assert len(roots) == 6


def test_a_leaf_is_bound_to_its_table_and_is_no_node() -> None:
    one, two = leaf_hash("a", "x"), leaf_hash("b", "x")

    assert one != two
    assert hashlib.sha256(one + two).hexdigest() != root_of([one, two])


def test_it_remembers_no_more_than_a_subtree_for_each_bit_of_the_count() -> None:
    root = MerkleRoot()
    counts = []

    for number in range(4_096):
        root.add(leaf_hash("t", str(number)))
        counts.append(len(root._subtrees))

    assert max(counts) == 12
    assert root.rows == 4_096
    assert all(after <= before + 1 for before, after in pairwise(counts))
