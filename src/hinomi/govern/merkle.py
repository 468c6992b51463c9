"""
Merkle trees of RFC 6962: roots, proofs that a leaf is in a tree, proofs that a tree only grew.

Stored hashes are asked for by their place: height 0 are leaf hashes, and the hash at height h
and index i covers the leaves from i * 2**h on. Only whole subtrees are stored.

Source:
    RFC 6962, section 2.1; verification as in RFC 9162, sections 2.1.3 and 2.1.4.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

HASH_BYTES: Final = 32

Stored = Callable[[int, int], bytes]
"""Gives the hash at a height and index."""

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Hash the bytes of one leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees that stand side by side."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_hash(hashes: Sequence[bytes]) -> bytes:
    """Give the root over n subtrees of one size, the last of which may be left over."""
    level = list(hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        pairs = [node_hash(level[place], level[place + 1]) for place in range(0, len(level) - 1, 2)]
        level = [*pairs, level[-1]] if len(level) % 2 else pairs
    return level[0]


def root(stored: Stored, size: int) -> bytes:
    """Give the root of the tree of the first *size* leaves."""
    return _range_hash(stored, 0, size) if size else EMPTY_ROOT


def inclusion_proof(stored: Stored, index: int, size: int) -> list[bytes]:
    """
    Prove that a leaf is in the tree of the first *size* leaves.

    Args:
        stored: The hashes.
        index: Of the leaf, below *size*.
        size: Number of leaves.

    Returns:
        The hashes beside the way from the leaf to the root, the leaf's sibling first.
    """
    if not 0 <= index < size:
        raise ValueError("the leaf lies outside the tree")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range_hash(stored, middle, end))
            end = middle
        else:
            proof.append(_range_hash(stored, start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(stored: Stored, old: int, new: int) -> list[bytes]:
    """
    Prove that the tree of *new* leaves begins with that of *old* leaves.

    Args:
        stored: The hashes.
        old: Size of the smaller tree, 0..new.
        new: Size of the larger one.

    Returns:
        As in RFC 6962, section 2.1.2; empty if *old* is 0 or *new*.
    """
    if not 0 <= old <= new:
        raise ValueError("the older tree is the larger one")
    if old in (0, new):
        return []
    proof: list[bytes] = []
    start, end, is_whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_range_hash(stored, middle, end))
            end = middle
        else:
            proof.append(_range_hash(stored, start, middle))
            start, is_whole = middle, False
    if not is_whole:
        proof.append(_range_hash(stored, start, end))
    return proof[::-1]


def proves_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], claimed_root: bytes
) -> bool:
    """
    Tell whether a proof shows that a leaf is in a tree.

    Args:
        leaf: Hash of the leaf.
        index: Of the leaf.
        size: Of the tree.
        proof: `inclusion_proof`.
        claimed_root: Of the tree.
    """
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(beside, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and found == claimed_root


def proves_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """
    Tell whether a proof shows that one tree begins with another.

    Args:
        old: Size of the smaller tree, 0..new.
        new: Size of the larger one.
        old_root: Root of the smaller one.
        new_root: Root of the larger one.
        proof: `consistency_proof`.
    """
    if old > new or old < 0:
        return False
    if old in (0, new):
        begins = old_root == (new_root if old else EMPTY_ROOT)
        return begins and not proof
    path = list(proof)
    if not old & (old - 1):
        path.insert(0, old_root)
    if not path:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    older = newer = path[0]
    for beside in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            older, newer = node_hash(beside, older), node_hash(beside, newer)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            newer = node_hash(newer, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and older == old_root and newer == new_root


def _split(count: int) -> int:
    """Give the largest power of two below *count*."""
    return 1 << (count - 1).bit_length() - 1


def _range_hash(stored: Stored, start: int, end: int) -> bytes:
    """Give the root over the leaves from *start* on, a multiple of all that is split off."""
    count = end - start
    if not count & (count - 1):
        height = count.bit_length() - 1
        return stored(height, start >> height)
    middle = start + _split(count)
    return node_hash(_range_hash(stored, start, middle), _range_hash(stored, middle, end))
