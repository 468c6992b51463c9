"""However a tree grows, it is the same tree, and every tile is written once it is full."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinomi.govern.edge import Edge
from hinomi.govern.merkle import EMPTY_ROOT, leaf_hash, tree_hash
from hinomi.govern.tiles import ENTRIES, tile_name, widths


def many(count: int) -> list[bytes]:
    """Give so many leaves, each another."""
    return [str(number).encode() for number in range(count)]


@settings(deadline=None)
@given(st.lists(st.integers(0, 300), max_size=6))
def test_parts_added_one_by_one_make_the_whole(parts: list[int]) -> None:
    """Root and last tiles are those of all leaves at once."""
    leaves, edge = many(sum(parts)), Edge()
    files: dict[str, bytes] = {}
    start = 0
    for count in parts:
        files |= {each.name: each.content for each in edge.add(leaves[start : start + count])}
        start += count
    at_once = Edge()
    whole = {each.name: each.content for each in at_once.add(leaves)}

    assert edge == at_once
    assert edge.root() == tree_hash([leaf_hash(each) for each in leaves])
    assert whole.items() <= files.items()
    assert {tile_name(*each) for each in widths(len(leaves))} <= whole.keys()


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65_536, 65_537])
def test_partial_tiles_are_those_that_still_grow(size: int) -> None:
    """One of each level whose last tile is not full, and the bundle of the leaves."""
    edge = Edge()
    edge.add(many(size))
    found = {each.name for each in edge.partial_tiles()}

    growing = {tile_name(*each) for each in widths(size) if each[2] < 256}
    bundle = {tile_name(ENTRIES, size // 256, size % 256)} if size % 256 else set()
    assert found == growing | bundle


def test_an_empty_edge_has_the_empty_root() -> None:
    """And adding nothing writes nothing."""
    edge = Edge()

    assert edge.add([]) == []
    assert edge.root() == EMPTY_ROOT
