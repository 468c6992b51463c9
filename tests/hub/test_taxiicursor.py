"""The words by which a page goes on: only this hub's, only for their own resource."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hinomi.errors import UsageError
from hinomi.hub.taxiicursor import Cursor, CursorSeal
from hinomi.hub.taxiiquery import BYTES_MOST, OF_OBJECTS, Query, parse_query

SEAL = CursorSeal(b"\x01" * 32)
CURSOR = Cursor("objects", 3, 20_780, 7, "indicator--1", Query(limit=2, types=("indicator",)))


@given(
    st.builds(
        Query,
        added_after=st.none() | st.integers(0, 2**52),
        limit=st.none() | st.integers(1, 2000),
        ids=st.lists(st.text(), max_size=3).map(tuple),
        types=st.lists(st.text(), max_size=3).map(tuple),
        versions=st.lists(st.sampled_from(["first", "last", "all", 7]), max_size=3).map(tuple),
        spec_versions=st.lists(st.text(), max_size=3).map(tuple),
    ),
    st.integers(0, 10**6),
)
def test_a_word_reads_back(query: Query, number: int) -> None:
    """It bears snapshot, place and filters, and fits into an address as it is."""
    cursor = Cursor("objects", number, 20_780, 7, "indicator--1", query)
    word = SEAL.render(cursor)

    assert SEAL.parse(word, "objects") == cursor
    assert word == SEAL.render(cursor)
    assert word.replace("-", "").replace("_", "").isalnum()


@given(st.data())
def test_a_word_that_was_changed_is_refused(data: st.DataObject) -> None:
    """Any byte of it, its mark or what it bears."""
    word = SEAL.render(CURSOR)
    found = bytearray(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    at = data.draw(st.integers(0, len(found) - 1))
    found[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises(UsageError, match="no word of this hub"):
        SEAL.parse(base64.urlsafe_b64encode(found).decode().rstrip("="), "objects")


@given(st.text(max_size=60))
def test_a_word_of_anybody_else_is_refused(word: str) -> None:
    """Whatever it is, it is a plain refusal."""
    with pytest.raises(UsageError, match="no word of this hub"):
        SEAL.parse(word, "objects")


def test_a_word_of_another_hub_is_refused() -> None:
    """Its key is another."""
    with pytest.raises(UsageError, match="no word of this hub"):
        SEAL.parse(CursorSeal(b"\x02" * 32).render(CURSOR), "objects")


def test_a_word_that_is_too_long_is_not_even_read() -> None:
    """No cursor of this hub is so long."""
    with pytest.raises(UsageError, match="no word of this hub"):
        SEAL.parse("A" * 20_000, "objects")


@pytest.mark.parametrize("letter", ["a", "\x01", "火"])
def test_the_longest_filters_that_are_taken_make_a_word_that_is_read(letter: str) -> None:
    """What is handed out must come back: so what would be too long is refused at the beginning."""
    fits = 0
    for length in range(1, BYTES_MOST):
        try:
            asked = parse_query([("match[type]", letter * length)], OF_OBJECTS)
        except UsageError:
            break
        fits = length
    assert fits > 1_000
    cursor = replace(CURSOR, id="i" * 100, query=asked.query)

    assert SEAL.parse(SEAL.render(cursor), "objects") == cursor


def test_a_word_is_for_its_own_resource() -> None:
    """That of the manifest does not go on among objects."""
    with pytest.raises(UsageError, match="another resource"):
        SEAL.parse(SEAL.render(CURSOR), "manifest")


def test_a_word_of_an_older_shape_is_refused() -> None:
    """What was sealed by an older release reads as none."""

    class _Older(CursorSeal):
        def render_bytes(self, body: bytes) -> str:
            return base64.urlsafe_b64encode(self._mark(body) + body).decode().rstrip("=")

    with pytest.raises(UsageError, match="no word of this hub"):
        SEAL.parse(_Older(b"\x01" * 32).render_bytes(b'["objects",3]'), "objects")
