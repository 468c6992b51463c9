"""A body has two forms, each with a tag, and neither has a time in it."""

import gzip

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from hinomi.web.hub.bodies import BODIES_MOST, KEPT_S, Bodies, Body, takes_gzip


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


def test_a_body_is_made_once_and_anew_after_a_while() -> None:
    """What the case book has forgotten is not given for ever."""
    now_s = [0.0]
    made: list[int] = []
    bodies = Bodies(lambda: now_s[0])

    def make() -> bytes:
        made.append(1)
        return b"x"

    for now_s[0] in (0.0, KEPT_S - 1, KEPT_S + 1):
        bodies.get("listings.json", 1, "application/json", make)

    assert len(made) == 2


def test_the_oldest_body_goes_first() -> None:
    """Memory is bounded, however many numbers are asked for."""
    made: list[int] = []
    bodies = Bodies(lambda: 0.0)

    def get(number: int) -> None:
        def make() -> bytes:
            made.append(number)
            return b"x"

        bodies.get("listings.json", number, "application/json", make)

    for number in (*range(BODIES_MOST + 1), BODIES_MOST, 0):
        get(number)

    assert made == [*range(BODIES_MOST + 1), 0]


def test_what_cannot_be_made_is_not_kept() -> None:
    """The next one who asks tries again."""
    bodies = Bodies(lambda: 0.0)

    def fail() -> bytes:
        raise KeyError

    with pytest.raises(KeyError):
        bodies.get("listings.json", 1, "application/json", fail)

    assert bodies.get("listings.json", 1, "application/json", lambda: b"x").plain == b"x"
