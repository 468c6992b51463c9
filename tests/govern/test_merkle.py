"""Merkle trees: known roots, and proofs that hold for what they prove and nothing else."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.govern.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    proves_consistency,
    proves_inclusion,
    root,
    tree_hash,
)

LEAVES = [b"", b"\x00", b"\x10", b" !", b"01", b"@ABC", b"PQRSTUVW", b"`abcdefghijklmno"]


def naive_root(leaves: list[bytes]) -> bytes:
    """Hash as RFC 6962, section 2.1, words it, by recursion over the leaves."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    halves = naive_root(leaves[:split]) + naive_root(leaves[split:])
    return hashlib.sha256(b"\x01" + halves).digest()


def many(count: int) -> list[bytes]:
    """Give so many leaves, each another."""
    return [str(number).encode() for number in range(count)]


class Tree:
    """All whole subtrees of a tree, by height."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.heights = [[leaf_hash(leaf) for leaf in leaves]]
        while len(self.heights[-1]) > 1:
            below = self.heights[-1]
            pairs = range(0, len(below) - 1, 2)
            self.heights.append([tree_hash(below[place : place + 2]) for place in pairs])

    def stored(self, height: int, index: int) -> bytes:
        """Give one."""
        return self.heights[height][index]


def test_roots_are_those_that_certificate_transparency_knows() -> None:
    """The empty tree, and the eight leaves that its implementations test with."""
    found = {size: naive_root(LEAVES[:size]).hex() for size in (1, 2, 3, 8)}

    assert EMPTY_ROOT.hex().startswith("e3b0c44298fc1c149afbf4c8996fb924")
    assert found == {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    for size in range(1, len(LEAVES) + 1):
        assert root(Tree(LEAVES).stored, size) == naive_root(LEAVES[:size])
        assert tree_hash([leaf_hash(leaf) for leaf in LEAVES[:size]]) == naive_root(LEAVES[:size])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 64, 100])
def test_every_leaf_is_proved_in_every_tree(size: int) -> None:
    """And in no other place, of no other leaf, with no other path."""
    leaves = many(size)
    tree, whole = Tree(leaves), naive_root(leaves)
    for index in range(size):
        proof = inclusion_proof(tree.stored, index, size)
        hashed = leaf_hash(leaves[index])

        assert proves_inclusion(hashed, index, size, proof, whole)
        assert not proves_inclusion(leaf_hash(b"other"), index, size, proof, whole)
        assert not proves_inclusion(hashed, index + 1, size, proof, whole)
        assert not proves_inclusion(hashed, index, size, [*proof, EMPTY_ROOT], whole)
        assert size == 1 or not proves_inclusion(hashed, index, size, proof[:-1], whole)
        assert not proves_inclusion(hashed, index, size, proof, EMPTY_ROOT)


@given(st.integers(0, 140), st.integers(0, 140))
def test_every_older_tree_is_proved_to_begin_the_newer(one: int, other: int) -> None:
    """And no tree that differs in a leaf."""
    old, new = sorted((one, other))
    leaves = many(new)
    older = naive_root(leaves[:old]) if old else EMPTY_ROOT
    newer = naive_root(leaves) if new else EMPTY_ROOT
    proof = consistency_proof(Tree(leaves).stored, old, new)

    assert proves_consistency(old, new, older, newer, proof)
    assert not proves_consistency(new + 1, new, older, newer, proof)
    if old:
        changed = naive_root([*leaves[: old - 1], b"changed"])
        assert not proves_consistency(old, new, changed, newer, proof)
    if 0 < old < new:
        assert not proves_consistency(old, new, older, newer, [])
        assert not proves_consistency(old, new, older, newer, [*proof, EMPTY_ROOT])
        assert not proves_consistency(old, new, older, EMPTY_ROOT, proof)


def test_what_lies_outside_a_tree_is_the_callers_bug() -> None:
    """A leaf beyond the end, a tree that shrank."""
    tree = Tree(LEAVES)

    with pytest.raises(ValueError, match="outside"):
        inclusion_proof(tree.stored, 8, 8)
    with pytest.raises(ValueError, match="larger"):
        consistency_proof(tree.stored, 3, 2)
