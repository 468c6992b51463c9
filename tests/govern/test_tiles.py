"""Tiles have the names and contents that C2SP tlog-tiles gives them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.govern.edge import Edge
from hinomi.govern.merkle import leaf_hash, root, tree_hash
from hinomi.govern.tiles import (
    ENTRIES,
    WIDTH,
    BadTile,
    decode_bundle,
    encode_bundle,
    parse_name,
    place_name,
    split,
    stored_in,
    tile_name,
    widths,
)


@pytest.mark.parametrize(
    ("index", "name"),
    [(0, "000"), (999, "999"), (1000, "x001/000"), (1_234_067, "x001/x234/067")],
)
def test_places_are_named_as_specified(index: int, name: str) -> None:
    """Three digits to a part, all but the last behind an x."""
    assert place_name(index) == name


@given(st.sampled_from([ENTRIES, 0, 1, 7]), st.integers(0, 10**9), st.integers(1, WIDTH))
def test_names_are_read_back(level: int | str, index: int, width: int) -> None:
    """Level, index and width."""
    assert parse_name(tile_name(level, index, width)) == (level, index, width)


@pytest.mark.parametrize(
    "name", ["checkpoint", "tile/0/1", "tile/00/001", "tile/0/001.p/256", "tile/0/001.p/01",
             "tile/0/001.p/0", "tile/0/x000/001", "bodies/000"],
)  # fmt: skip
def test_other_names_are_no_tiles(name: str) -> None:
    """Each tile has one name only."""
    assert parse_name(name) is None


def test_the_published_sizes_have_the_published_tiles() -> None:
    """70,000 leaves: 273 full tiles and one of 112, one full and one of 17, one of one."""
    assert list(widths(70_000)) == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert list(widths(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(widths(0)) == []


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700])
def test_hashes_of_any_height_come_out_of_tiles(size: int) -> None:
    """Leaves, and subtrees within a tile and above one."""
    leaves = [str(number).encode() for number in range(size)]
    tiles = {(each.level, each.number): each.content for each in Edge().add(leaves)}
    stored = stored_in(lambda level, number, width: tiles[level, number][: width * 32], size)
    hashes = [leaf_hash(leaf) for leaf in leaves]

    assert stored(0, size - 1) == hashes[-1]
    for height in range(size.bit_length()):
        assert stored(height, 0) == tree_hash(hashes[: 1 << height])
    assert root(stored, size) == tree_hash(hashes)


@given(st.lists(st.binary(max_size=300), max_size=12))
def test_bundles_give_back_their_entries(entries: list[bytes]) -> None:
    """Whatever they hold, and no other number of them."""
    bundle = encode_bundle(entries)

    assert decode_bundle(bundle, len(entries)) == entries
    with pytest.raises(BadTile):
        decode_bundle(bundle, len(entries) + 1)
    with pytest.raises(BadTile):
        decode_bundle(bundle + b"\x00", len(entries))


def test_a_tile_of_another_length_is_refused() -> None:
    """A cut one, for instance."""
    with pytest.raises(BadTile, match="63 bytes, not 64"):
        split(b"x" * 63, 2)
