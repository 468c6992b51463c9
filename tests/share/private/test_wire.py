"""The bytes between a member and the hub."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corroborations import a_round, elements, keys_of, tables_of
from hinomi.errors import MalformedDocument
from hinomi.share.private.answers import Answer
from hinomi.share.private.combine import answer_to, combine
from hinomi.share.private.field import PRIME
from hinomi.share.private.rounds import Round
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
_FOUND = combine(_ROUND, {n: own.shares for n, own in _TABLES.items()})
_ANSWER = answer_to(1, _FOUND, {n: own.tokens for n, own in _TABLES.items()})
_ANSWERED = encode_answer(_ROUND, _ANSWER)


def test_tables_come_back_as_they_were_sent() -> None:
    """Number, check value, shares, tokens; no element, no place."""
    sent = decode_tables(_ROUND, 1, _SENT)

    assert sent.number == 1
    assert sent.check_value == keys_of(_ROUND).check_value()
    assert (sent.shares == _TABLES[1].shares).all()
    assert (sent.tokens == _TABLES[1].tokens).all()


def test_the_size_of_tables_is_known_before() -> None:
    """58 bytes and 12 for each bin of 22 tables."""
    assert len(_SENT) == tables_bytes(_ROUND) == 58 + 22 * 200 * 12
    assert tables_bytes(a_round(3, capacity=10_000)) == 7_920_058


def test_no_answer_is_longer_than_every_bin_shared_by_everybody() -> None:
    """12 bytes a bin, and a token of each other member."""
    assert answer_most_bytes(_ROUND) == 46 + 22 * 200 * (12 + 4 * 62)
    assert len(_ANSWERED) < answer_most_bytes(_ROUND)


def test_tables_have_one_form() -> None:
    """What was read is written as the same bytes again."""
    sent = decode_tables(_ROUND, 1, _SENT)
    own = replace(_TABLES[1], shares=sent.shares, tokens=sent.tokens)

    assert encode_tables(_ROUND, keys_of(_ROUND), own) == _SENT


def test_answers_come_back_as_they_were_sent() -> None:
    """Bins, members and tokens."""
    answer = decode_answer(_ROUND, 1, _ANSWERED)

    assert len(answer.positions) > 100
    assert (answer.positions == _ANSWER.positions).all()
    assert (answer.members == _ANSWER.members).all()
    assert (answer.tokens == _ANSWER.tokens).all()
    assert encode_answer(_ROUND, answer) == _ANSWERED


def _with(document: bytes, at: int, data: bytes) -> bytes:
    return document[:at] + data + document[at + len(data) :]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "0 bytes, where tables of this round have 52,858"),
        (_SENT[:-1], "52,857 bytes"),
        (_SENT + b"\0", "52,859 bytes"),
        (_with(_SENT, 0, b"HINOMI-T"), "another name"),
        (_with(_SENT, 8, bytes(32)), "another round"),
        (_with(_SENT, 40, b"\0\2"), "another member's number"),
        (_with(_SENT, 58, PRIME.to_bytes(8, "big")), "share of bin 0 is 2^61 - 1 or more"),
        (_with(_SENT, 58 + 8 * 4399, b"\xff" * 8), "share of bin 4399"),
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


def _answer_of(positions: list[int], members: list[int]) -> bytes:
    count = sum(one.bit_count() for one in members)
    return encode_answer(
        _ROUND,
        Answer(
            1,
            np.array(positions, np.uint32),
            np.array(members, np.uint64),
            np.zeros(count, np.uint32),
        ),
    )


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "0 bytes are no answer"),
        (_ANSWERED[:-1], "not a token for each member"),
        (_ANSWERED[:60], "do not hold"),
        (_with(_ANSWERED, 0, b"hinomi-t"), "another name"),
        (_with(_ANSWERED, 8, bytes(32)), "another round"),
        (_with(_ANSWERED, 40, b"\0\7"), "another member's number"),
        (_with(_ANSWERED, 42, b"\xff" * 4), "do not hold"),
        (_answer_of([5, 5], [4, 4]), "not ascending"),
        (_answer_of([6, 5], [4, 4]), "not ascending"),
        (_answer_of([4400], [4]), "not of this round"),
        (_answer_of([5], [2]), "the member itself"),
        (_answer_of([5], [1]), "nobody's number"),
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
