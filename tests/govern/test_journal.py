"""What the journal holds of one entry: a leaf that commits, a body that can go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.govern.journal import (
    LEAF_BYTES,
    Altered,
    Body,
    Leaf,
    MemoryJournal,
    body_of,
    deleted_bodies,
)

NOON_MS = 1_767_268_800_000


def test_a_body_says_what_was_done_where_and_when() -> None:
    """Index and time are the journal's own words."""
    body = body_of(7, NOON_MS, {"act": "a"})

    assert body.parse() == {"act": "a", "index": 7, "time": "2026-01-01T12:00:00Z"}


@pytest.mark.parametrize("name", ["index", "time"])
def test_an_entry_cannot_say_what_the_journal_says(name: str) -> None:
    """A body that names them is the caller's bug."""
    with pytest.raises(ValueError, match=name):
        body_of(0, NOON_MS, {name: "mine"})


@given(
    st.integers(0, 2**40),
    st.integers(-(2**40), 2**45),
    st.dictionaries(st.text(max_size=8), st.text(max_size=300), max_size=4),
)
def test_lines_are_read_back(index: int, time_ms: int, entry: dict[str, str]) -> None:
    """Whatever text they hold: one line each, the same leaf."""
    body = body_of(index, NOON_MS, {f"x{key}": value for key, value in entry.items()})
    moved = Body(index, time_ms, body.salt, body.text)

    assert body.encode().count(b"\n") == 1
    assert Body.decode(moved.encode()) == moved
    assert Body.decode(moved.encode()).leaf() == moved.leaf()


@given(st.data())
def test_any_flipped_bit_of_a_line_shows(data: st.DataObject) -> None:
    """It is no body any more, or one of another leaf."""
    body = body_of(3, NOON_MS, {"act": "import", "stored": 1234})
    line = bytearray(body.encode()[:-1])
    bit = data.draw(st.integers(0, len(line) * 8 - 1))
    line[bit // 8] ^= 1 << bit % 8
    try:
        found = Body.decode(bytes(line) + b"\n")
    except Altered:
        return

    assert (found.index, found.leaf()) != (body.index, body.leaf())


def test_equal_bodies_have_unlike_leaves() -> None:
    """Nobody learns from a leaf what was done by guessing at it: each has a salt of its own."""
    one, other = (body_of(0, NOON_MS, {"act": "a"}) for _ in range(2))

    assert one.text == other.text
    assert one.leaf() != other.leaf()
    assert one.salt.hex() not in repr(one)


@given(st.integers(-(2**63), 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_leaves_are_read_back(time_ms: int, commitment: bytes) -> None:
    """41 bytes, whatever the clock said."""
    leaf = Leaf(time_ms, commitment)

    assert len(leaf.encode()) == LEAF_BYTES
    assert Leaf.decode(leaf.encode()) == leaf


@pytest.mark.parametrize("raw", [b"", b"\x01" * 40, b"\x02" * 41, b"\x01" * 42])
def test_what_is_no_leaf_is_refused(raw: bytes) -> None:
    """Another length, another version."""
    with pytest.raises(Altered):
        Leaf.decode(raw)


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"1 2\n", b"a 1 00 {}\n", b"1 1 zz {}\n", b"+1 1 " + b"00" * 32 + b" {}\n"]
)
def test_what_is_no_body_is_refused(line: bytes) -> None:
    """Parts missing, no numbers, a number of another spelling."""
    with pytest.raises(Altered):
        Body.decode(line)


@pytest.mark.parametrize("text", [b"rubbish", b"[]", b"\xff"])
def test_a_body_that_says_nothing_is_told(text: bytes) -> None:
    """It was committed to and cannot be read: somebody wrote it who is not hinomi."""
    with pytest.raises(Altered, match="entry 4"):
        Body(4, 0, bytes(32), text).parse()


def test_deletions_are_told_by_entries() -> None:
    """Ranges, end exclusive, from all that speak of it."""
    entries: list[dict[str, object]] = [
        {"act": "a"},
        {"bodies_deleted": [[0, 3], [5, 6]]},
        {"bodies_deleted": [[6, 7]]},
    ]

    assert deleted_bodies(entries) == [(0, 3), (5, 6), (6, 7)]


def test_the_memory_journal_numbers_as_well() -> None:
    """Tests read back what was recorded."""
    journal = MemoryJournal()

    assert [journal.append({"act": "a"}), journal.append({"act": "b"})] == [0, 1]
    assert [entry["act"] for entry in journal.kept] == ["a", "b"]
