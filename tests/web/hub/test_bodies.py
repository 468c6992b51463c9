"""A body has two forms, each with a tag, and neither has a time in it."""

import gzip
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from hinomi.web.hub.bodies import JSON, Bodies, Body, takes_gzip
from loopback import PATIENCE_S


def asked(**headers: str) -> Request:
    """Make a request with these headers."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw})


@given(content=st.binary(max_size=2000))
def test_both_forms_are_the_same_facts(content: bytes) -> None:
    """The compressed form opens to the plain one, is always the same bytes and holds no time."""
    body = Body.of(content, "application/json")

    assert gzip.decompress(body.packed) == content
    assert body.packed[4:8] == bytes(4)
    assert Body.of(content, "application/json") == body


@pytest.mark.parametrize(
    ("said", "takes"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP, br", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000, *", False),
        ("*", True),
        ("*;q=0", False),
        ("identity", False),
        ("x-gzip", True),
    ],
)
def test_gzip_is_given_to_who_takes_it(said: str, takes: bool) -> None:  # noqa: FBT001 - a table.
    """As RFC 9110, section 12.5.3, weighs it."""
    assert takes_gzip(said) is takes


@given(said=st.text(max_size=60))
def test_whatever_is_said_of_codings_is_understood_or_not(said: str) -> None:
    """Nothing is raised."""
    assert takes_gzip(said) in {True, False}


def test_each_form_has_its_own_tag() -> None:
    """Two different sequences of bytes never share a strong tag."""
    body = Body.of(b"x" * 100, "text/csv")
    plain = body.answer(asked())
    packed = body.answer(asked(accept_encoding="gzip"))

    assert plain.body == b"x" * 100
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["etag"] == f'"{body.tag}"'
    assert packed.headers["etag"] == f'"{body.tag}-gzip"'
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("held", ['"{}"', '"{}-gzip"', 'W/"{}"', '"x", "{}"', "*"])
def test_who_has_it_already_is_told_so(held: str) -> None:
    """By the tag of either form, and without the bytes."""
    body = Body.of(b"listings", "text/csv")

    answer = body.answer(asked(if_none_match=held.format(body.tag)))

    assert answer.status_code == 304
    assert answer.body == b""
    assert answer.headers["etag"] == f'"{body.tag}"'


@pytest.mark.parametrize("held", ["", "x", '"0"', "{}", '"{}x"'])
def test_who_has_another_gets_it(held: str) -> None:
    """A tag that is not this one changes nothing."""
    body = Body.of(b"listings", "text/csv")

    assert body.answer(asked(if_none_match=held.format(body.tag))).status_code == 200


def counting(made: list[int], number: int) -> Callable[[], bytes]:
    """Give what makes a body that is hard to compress, and notes that it was made."""

    def make() -> bytes:
        made.append(number)
        return bytes(range(256)) * 4

    return make


SIZE = Body.of(counting([], 0)(), JSON).size


def test_a_body_is_made_once() -> None:
    """Whoever asks later gets the one that was made."""
    bodies, made = Bodies(), list[int]()

    first = bodies.get(("listings.json", 1), JSON, counting(made, 1))

    assert bodies.get(("listings.json", 1), JSON, counting(made, 1)) is first
    assert bodies.get(("listings.csv", 1), JSON, counting(made, 2)) is not first
    assert made == [1, 2]


def test_the_oldest_body_goes_first() -> None:
    """Memory is bounded, however many numbers are asked for."""
    bodies, made = Bodies(most_bytes=3 * SIZE), list[int]()

    for number in (1, 2, 3, 1, 4, 1, 2):  # 2 is the one that nobody asked for when 4 comes.
        bodies.get(("listings.json", number), JSON, counting(made, number))

    assert made == [1, 2, 3, 4, 2]


def test_a_body_that_is_too_large_is_given_and_not_kept() -> None:
    """It takes the place of nothing for longer than it is asked for."""
    bodies, made = Bodies(most_bytes=SIZE - 1), list[int]()

    for _ in range(2):
        assert bodies.get(("listings.json", 1), JSON, counting(made, 1)).size == SIZE

    assert made == [1, 1]


def test_what_is_pinned_stays_however_much_else_is_asked_for() -> None:
    """Who reads through the past takes nothing from those who read the newest list."""
    bodies, made = Bodies(most_bytes=2 * SIZE), list[int]()
    newest = Body.of(b"newest", JSON)
    bodies.pin({("listings.json", 9): newest})

    for number in range(1, 9):
        bodies.get(("listings.json", number), JSON, counting(made, number))

    assert bodies.get(("listings.json", 9), JSON, counting(made, 9)) is newest
    assert bodies.pinned == {("listings.json", 9): newest}
    assert made == [*range(1, 9)]


def test_nobody_waits_for_a_body_that_he_did_not_ask_for() -> None:
    """While one is made that takes long, all others are given; whoever wants that one waits."""
    bodies, made = Bodies(), list[int]()
    bodies.pin({("listings.json", 9): Body.of(b"newest", JSON)})
    begun, go_on = threading.Event(), threading.Event()

    def make() -> bytes:
        made.append(1)
        begun.set()
        assert go_on.wait(PATIENCE_S)
        return b"slow"

    with ThreadPoolExecutor(3) as threads:
        try:
            slow = [threads.submit(bodies.get, ("listings.json", 1), JSON, make) for _ in range(2)]
            assert begun.wait(PATIENCE_S)
            keys = [("listings.json", 9), ("listings.json", 2)]
            given = [
                threads.submit(bodies.get, key, JSON, lambda: b"quick").result(PATIENCE_S).plain
                for key in keys
            ]
            assert not any(each.done() for each in slow)
        finally:
            go_on.set()
        assert given == [b"newest", b"quick"]
        assert {each.result(PATIENCE_S).plain for each in slow} == {b"slow"}
        assert made == [1]


def test_what_cannot_be_made_is_not_kept() -> None:
    """The next one who asks tries again."""
    bodies = Bodies()

    def fail() -> bytes:
        raise KeyError

    with pytest.raises(KeyError):
        bodies.get(("listings.json", 1), JSON, fail)

    assert bodies.get(("listings.json", 1), JSON, lambda: b"x").plain == b"x"
