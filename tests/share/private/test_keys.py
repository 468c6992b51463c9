"""Keys of a round, and what they draw."""

from dataclasses import replace

import numpy as np
import pytest

from corroborations import MEMBERS_KEY, a_round, elements, keys_of
from hinomi.share.private.field import PRIME
from hinomi.share.private.keys import RoundKeys

_ELEMENTS = elements(50)


def test_rounds_cannot_be_linked() -> None:
    """Another epoch gives the same elements other blocks, and another check value."""
    one, other = keys_of(a_round(epoch=1)), keys_of(a_round(epoch=2))

    assert not (one.blocks(_ELEMENTS) == other.blocks(_ELEMENTS)).all(axis=1).any()
    assert one.check_value() != other.check_value()


def test_members_with_the_same_key_draw_the_same() -> None:
    """Bins, orders and blocks depend on key, round and element alone."""
    one, other = keys_of(a_round()), keys_of(a_round())
    blocks = one.blocks(_ELEMENTS)

    assert (blocks == other.blocks(_ELEMENTS)).all()
    assert (one.bins(blocks, 3, 1, 300) == other.bins(blocks, 3, 1, 300)).all()
    assert one.check_value() == other.check_value()


def test_each_table_and_insertion_has_its_own_bins() -> None:
    """No hash is used twice."""
    keys = keys_of(a_round())
    blocks = keys.blocks(_ELEMENTS)
    drawn = {
        keys.bins(blocks, table, insertion, 1 << 40).tobytes()
        for table in range(22)
        for insertion in range(3)
    }

    assert len(drawn) == 66


def test_odd_tables_reverse_the_order() -> None:
    """Whoever is last in an even table is first in the next one."""
    keys = keys_of(a_round())
    blocks = keys.blocks(_ELEMENTS)
    even, odd = keys.orders(blocks, 4), keys.orders(blocks, 5)

    assert (np.argsort(even) == np.argsort(odd)[::-1]).all()
    assert (keys.orders(blocks, 6) != even).any()


@pytest.mark.parametrize("threshold", [2, 3, 4, 5, 6])
def test_shares_of_t_members_meet_in_zero(threshold: int) -> None:
    """Lagrange's polynomial through the shares of any t members is 0 at 0; of fewer it is not."""
    keys = keys_of(a_round(threshold))
    block = keys.blocks(_ELEMENTS[:1])
    points = {
        point: int(keys.shares(block, 2, 1, threshold, point)[0])
        for point in (1, 4, PRIME - 1, 2**60, 3**38, 63)[:threshold]
    }

    assert at_zero(points) == 0
    del points[1]
    assert at_zero(points) != 0


def test_tokens_belong_to_one_point() -> None:
    """Another point's token, or another insertion's, is another."""
    keys = keys_of(a_round())
    blocks = keys.blocks(_ELEMENTS)
    token = keys.tokens(blocks, 1, 1, 5)

    assert not (token == keys.tokens(blocks, 1, 1, 6)).any()
    assert not (token == keys.tokens(blocks, 1, 2, 5)).any()
    assert not (token == keys.tokens(blocks, 1, 1, PRIME - 5)).any()


def test_the_key_is_not_shown() -> None:
    """What may end in a log holds no byte of it; a key of another length is a bug."""
    keys = RoundKeys.derive(MEMBERS_KEY, a_round())

    assert repr(keys) == "RoundKeys()"
    assert keys != RoundKeys.derive(MEMBERS_KEY, replace(a_round(), epoch=8))
    with pytest.raises(ValueError, match="32 bytes"):
        RoundKeys.derive(MEMBERS_KEY[:16], a_round())


def at_zero(points: dict[int, int]) -> int:
    """Evaluate Lagrange's polynomial at 0, in whole numbers."""
    total = 0
    for number, share in points.items():
        term = share
        for other in points:
            if other != number:
                term = term * other * pow(other - number, -1, PRIME) % PRIME
        total += term
    return total % PRIME
