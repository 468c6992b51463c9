"""
The bytes that go between a member and the hub: one form for each content, sizes known before.

All numbers are in network order. Tables have the same length for every member of a round,
`tables_bytes`, whatever it holds; an answer is as long as what fits. The name ends with the
version of the form.

===================  ==================================================================
tables               8 bytes of name, 32 of the round's digest, 2 of the member's number,
                     16 of the keys' check value, 8 of the member's point; 8 a share; 4 a
                     token
an answer            8 bytes of name, 32 of the round's digest, 2 of the member's number,
                     4 of the count of bins; 4 a position; 8 a set of members; 8 the point of
                     each that is named, by number; 4 a token
===================  ==================================================================
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.errors import MalformedDocument
from hinomi.share.private.answers import Answer, numbers_in
from hinomi.share.private.field import POINT_BYTES, PRIME, Elements
from hinomi.share.private.keys import CHECK_BYTES, RoundKeys
from hinomi.share.private.rounds import LAST_NUMBER, Round
from hinomi.share.private.shares import OwnTables

TABLES_NAME: Final = b"hinomit2"
ANSWER_NAME: Final = b"hinomia2"

_HEAD_BYTES: Final = 8 + 32 + 2
_SHARE_BYTES: Final = 8
_TOKEN_BYTES: Final = 4
_COUNT_BYTES: Final = 4
_BIN_BYTES: Final = 4 + 8


@dataclass(frozen=True, slots=True)
class SentTables:
    """What the hub holds of a member's tables."""

    number: int
    check_value: bytes  # Differs from the others' if the member has another key.
    point: int  # Where the shares were evaluated; the member drew it.
    shares: Elements = field(repr=False)  # Shape (positions,), canonical.
    tokens: NDArray[np.uint32] = field(repr=False)  # Shape (positions,).


def tables_bytes(agreed: Round) -> int:
    """Give the length of every member's tables."""
    return (
        _HEAD_BYTES + CHECK_BYTES + POINT_BYTES + agreed.positions * (_SHARE_BYTES + _TOKEN_BYTES)
    )


def answer_most_bytes(agreed: Round) -> int:
    """Give the length that no answer can exceed: all that a member fills, shared by everybody."""
    others = LAST_NUMBER - 1
    each = _BIN_BYTES + _TOKEN_BYTES * others
    return _HEAD_BYTES + _COUNT_BYTES + POINT_BYTES * others + agreed.filled * each


def encode_tables(agreed: Round, keys: RoundKeys, own: OwnTables) -> bytes:
    """Give the bytes of a member's tables; nothing of what it keeps for itself."""
    return b"".join(
        (
            _head(TABLES_NAME, agreed, own.number),
            keys.check_value(),
            own.point.to_bytes(POINT_BYTES, "big"),
            own.shares.astype(">u8").tobytes(),
            own.tokens.astype(">u4").tobytes(),
        )
    )


def decode_tables(agreed: Round, number: int, document: bytes) -> SentTables:
    """
    Read the tables that the member *number* sent for this round.

    Raises:
        MalformedDocument: If they are of another form, round, member or length, or hold a share or
            a point that is none.
    """
    name = f"tables of member {number}"
    _check_name(document, TABLES_NAME, name)
    if len(document) != tables_bytes(agreed):
        raise MalformedDocument(
            f"{len(document):,} bytes, where tables of this round have {tables_bytes(agreed):,}",
            name,
        )
    _check_head(document, _head(TABLES_NAME, agreed, number), name)
    begin = _HEAD_BYTES + CHECK_BYTES + POINT_BYTES
    shares = np.frombuffer(document, ">u8", agreed.positions, begin).astype(np.uint64)
    tokens = np.frombuffer(document, ">u4", offset=begin + agreed.positions * _SHARE_BYTES)
    if (shares >= PRIME).any():
        at = int(np.argmax(shares >= PRIME))
        raise MalformedDocument(f"the share of bin {at} is 2^61 - 1 or more", name)
    check_value = document[_HEAD_BYTES : _HEAD_BYTES + CHECK_BYTES]
    point = int.from_bytes(document[begin - POINT_BYTES : begin], "big")
    if not 1 <= point < PRIME:
        raise MalformedDocument("the point lies outside 1..2^61 - 2", name)
    return SentTables(number, check_value, point, shares, tokens.astype(np.uint32))


def encode_answer(agreed: Round, answer: Answer) -> bytes:
    """Give the bytes of the hub's answer to one member."""
    return b"".join(
        (
            _head(ANSWER_NAME, agreed, answer.number),
            len(answer.positions).to_bytes(_COUNT_BYTES, "big"),
            answer.positions.astype(">u4").tobytes(),
            answer.members.astype(">u8").tobytes(),
            answer.points.astype(">u8").tobytes(),
            answer.tokens.astype(">u4").tobytes(),
        )
    )


def decode_answer(agreed: Round, number: int, document: bytes) -> Answer:
    """
    Read the hub's answer to the member *number* in this round.

    Raises:
        MalformedDocument: If it is of another form, round, member or length, names a bin twice,
            out of order or that is none, names the member itself or a number that is none, or
            gives a point that is none.
    """
    name = "the hub's answer"
    begin = _HEAD_BYTES + _COUNT_BYTES
    _check_name(document, ANSWER_NAME, name)
    if len(document) < begin:
        raise MalformedDocument(f"{len(document)} bytes are no answer", name)
    _check_head(document, _head(ANSWER_NAME, agreed, number), name)
    count = int.from_bytes(document[_HEAD_BYTES:begin], "big")
    if count > agreed.filled or len(document) < begin + count * _BIN_BYTES:
        raise MalformedDocument(f"{len(document):,} bytes do not hold {count:,} bins", name)
    positions = np.frombuffer(document, ">u4", count, begin).astype(np.uint32)
    members = np.frombuffer(document, ">u8", count, begin + 4 * count).astype(np.uint64)
    named = len(numbers_in(members))
    begin += count * _BIN_BYTES
    rest = len(document) - begin - named * POINT_BYTES
    if rest != _TOKEN_BYTES * int(np.bitwise_count(members).sum(dtype=np.int64)):
        raise MalformedDocument(
            f"{len(document) - begin:,} bytes are not a point and the tokens of each member", name
        )
    if (positions >= agreed.positions).any() or (positions[1:] <= positions[:-1]).any():
        raise MalformedDocument("bins are not ascending, or not of this round", name)
    nobody = np.uint64(1 | 1 << number | (2**64 - (2 << LAST_NUMBER)))
    if (members & nobody != 0).any():
        raise MalformedDocument("a bin names the member itself, or nobody's number", name)
    points = np.frombuffer(document, ">u8", named, begin).astype(np.uint64)
    if ((points == 0) | (points >= PRIME)).any():
        raise MalformedDocument("a point lies outside 1..2^61 - 2", name)
    tokens = np.frombuffer(document, ">u4", offset=begin + named * POINT_BYTES).astype(np.uint32)
    return Answer(number, positions, members, points, tokens)


def _head(name: bytes, agreed: Round, number: int) -> bytes:
    return name + agreed.digest + number.to_bytes(2, "big")


def _check_name(document: bytes, wanted: bytes, name: str) -> None:
    if document[: len(wanted)] != wanted:
        raise MalformedDocument(
            f"does not begin with {wanted.decode()}: it is another document, or of another version "
            "of hinomi",
            name,
        )


def _check_head(document: bytes, head: bytes, name: str) -> None:
    if document[8:40] != head[8:40]:
        raise MalformedDocument(
            "made for another round: hub, epoch, threshold or capacity differ", name
        )
    if document[40:_HEAD_BYTES] != head[40:]:
        raise MalformedDocument("it bears another member's number", name)
