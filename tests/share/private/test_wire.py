"""The bytes between a member and the hub."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corroborations import a_round, elements, keys_of, seeded, tables_of
from hinomi.errors import MalformedDocument
from hinomi.share.private.answers import Answer
from hinomi.share.private.combine import answer_to, combine
from hinomi.share.private.field import PRIME
from hinomi.share.private.rounds import Round
from hinomi.share.private.shares import NOBODY, make_tables
from hinomi.share.private.wire import (
    answer_most_bytes,
    decode_answer,
    decode_tables,
    encode_answer,
    encode_tables,
    tables_bytes,
)

_ROUND = a_round(2)
_TABLES = tables_of(_ROUND, {n: set(elements(30)) for n in (1, 2, 3)})
_SENT = encode_tables(_ROUND, keys_of(_ROUND), _TABLES[1])
_FOUND = combine(_ROUND, _TABLES)
_ANSWER = answer_to(1, _FOUND, _TABLES)
_ANSWERED = encode_answer(_ROUND, _ANSWER)


def test_tables_come_back_as_they_were_sent() -> None:
    """Number, point, check value, shares, tokens; no element, no place."""
    sent = decode_tables(_ROUND, 1, _SENT)

    assert (sent.number, sent.point) == (1, _TABLES[1].point)
    assert sent.check_value == keys_of(_ROUND).check_value()
    assert (sent.shares == _TABLES[1].shares).all()
    assert (sent.tokens == _TABLES[1].tokens).all()


def test_the_size_of_tables_is_known_before() -> None:
    """66 bytes and 12 for each bin of 22 tables."""
    assert len(_SENT) == tables_bytes(_ROUND) == 66 + 22 * 200 * 12
    assert tables_bytes(a_round(3, capacity=10_000)) == 7_920_066


def test_no_answer_is_longer_than_all_filled_bins_shared_by_everybody() -> None:
    """A member fills three bins a table for each element: 12 bytes, and a token of each other."""
    assert answer_most_bytes(_ROUND) == 46 + 8 * 62 + 22 * 200 * (12 + 4 * 62)
    assert answer_most_bytes(a_round(6)) == 46 + 8 * 62 + 22 * 300 * (12 + 4 * 62)
    assert len(_ANSWERED) < answer_most_bytes(_ROUND)


@pytest.mark.parametrize("threshold", [2, 3, 6])
def test_a_member_fills_no_more_bins_than_that(threshold: int) -> None:
    """Its elements and the made-up ones, all placed: an answer never names more."""
    agreed = a_round(threshold)
    keys = keys_of(agreed)
    own = make_tables(agreed, keys, 1, elements(100), seeded(agreed, 1))

    assert agreed.filled / 2 < (own.placed != NOBODY).sum() <= agreed.filled


def test_tables_have_one_form() -> None:
    """What was read is written as the same bytes again."""
    sent = decode_tables(_ROUND, 1, _SENT)
    own = replace(_TABLES[1], shares=sent.shares, tokens=sent.tokens)

    assert encode_tables(_ROUND, keys_of(_ROUND), own) == _SENT


def test_answers_come_back_as_they_were_sent() -> None:
    """Bins, members, points and tokens."""
    answer = decode_answer(_ROUND, 1, _ANSWERED)

    assert len(answer.positions) > 100
    assert (answer.positions == _ANSWER.positions).all()
    assert (answer.members == _ANSWER.members).all()
    assert (answer.tokens == _ANSWER.tokens).all()
    assert answer.points.tolist() == [_TABLES[number].point for number in (2, 3)]
    assert encode_answer(_ROUND, answer) == _ANSWERED


def _with(document: bytes, at: int, data: bytes) -> bytes:
    return document[:at] + data + document[at + len(data) :]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "does not begin with hinomit2"),
        (_SENT[:20], "20 bytes, where tables of this round have 52,866"),
        (_SENT[:-1], "52,865 bytes"),
        (_SENT + b"\0", "52,867 bytes"),
        (_with(_SENT, 0, b"hinomi-t"), "of another version"),  # As it was in the first one.
        (_with(_SENT, 8, bytes(32)), "another round"),
        (_with(_SENT, 40, b"\0\2"), "another member's number"),
        (_with(_SENT, 58, bytes(8)), "the point lies outside"),
        (_with(_SENT, 58, PRIME.to_bytes(8, "big")), "the point lies outside"),
        (_with(_SENT, 66, PRIME.to_bytes(8, "big")), "share of bin 0 is 2^61 - 1 or more"),
        (_with(_SENT, 66 + 8 * 4399, b"\xff" * 8), "share of bin 4399"),
    ],
)
def test_malformed_tables_are_refused_with_one_line(document: bytes, says: str) -> None:
    """The line names the member and what is wrong."""
    with pytest.raises(MalformedDocument) as raised:
        decode_tables(_ROUND, 1, document)

    assert str(raised.value).startswith("tables of member 1: ")
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_tables_of_another_round_are_refused() -> None:
    """Those of yesterday, of another threshold's size, or for another hub."""
    for other, says in (
        (replace(_ROUND, epoch=8), "another round"),
        (replace(_ROUND, hub="hub.test"), "another round"),
        (replace(_ROUND, threshold=3), "bytes, where"),
    ):
        with pytest.raises(MalformedDocument, match=says):
            decode_tables(other, 1, _SENT)


def _answer_of(positions: list[int], members: list[int], point: int = 7) -> bytes:
    count = sum(one.bit_count() for one in members)
    return encode_answer(
        _ROUND,
        Answer(
            1,
            np.array(positions, np.uint32),
            np.array(members, np.uint64),
            np.array([point], np.uint64),
            np.zeros(count, np.uint32),
        ),
    )


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "does not begin with hinomia2"),
        (_ANSWERED[:20], "20 bytes are no answer"),
        (_ANSWERED[:-1], "not a point and the tokens of each member"),
        (_ANSWERED[:60], "do not hold"),
        (_with(_ANSWERED, 0, b"hinomit2"), "does not begin with"),
        (_with(_ANSWERED, 0, b"hinomi-a"), "of another version"),  # As it was in the first one.
        (_with(_ANSWERED, 8, bytes(32)), "another round"),
        (_with(_ANSWERED, 40, b"\0\7"), "another member's number"),
        (_with(_ANSWERED, 42, b"\xff" * 4), "do not hold"),
        (_answer_of([5, 5], [4, 4]), "not ascending"),
        (_answer_of([6, 5], [4, 4]), "not ascending"),
        (_answer_of([4400], [4]), "not of this round"),
        (_answer_of([5], [2]), "the member itself"),
        (_answer_of([5], [1]), "nobody's number"),
        (_answer_of([5], [4], 0), "a point lies outside"),
        (_answer_of([5], [4], PRIME), "a point lies outside"),
    ],
)
def test_malformed_answers_are_refused_with_one_line(document: bytes, says: str) -> None:
    """The line says what is wrong."""
    with pytest.raises(MalformedDocument) as raised:
        decode_answer(_ROUND, 1, document)

    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


@given(st.binary(max_size=200), st.integers(0, 100))
def test_no_bytes_break_the_reading(data: bytes, at: int) -> None:
    """Damaged documents are read or refused; nothing else is raised."""
    for document in (data, _with(_ANSWERED, at, data), _ANSWERED[: -at - 1] + data):
        _read_or_refuse(document, _ROUND)


def _read_or_refuse(document: bytes, agreed: Round) -> None:
    try:
        answer = decode_answer(agreed, 1, document)
    except MalformedDocument:
        return
    assert encode_answer(agreed, answer) == document
