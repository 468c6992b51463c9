"""
In which order people look at what waits for them, so that nobody can bury it.

Whoever floods the hub with statements, or says of the whole list that it is wrong, would fill any
queue. So what is listed and what is not take places by turns, and within each the servers that are
there by the word of the same members take turns with all others: the first of each such set come
first, then the second of each. What is not listed is there by all who speak of it; what is listed
and disputed by those who dispute it, whoever else names it, since otherwise one liar would have as
many places of a turn as the others have ways to name servers.
"""

import numpy as np
from numpy.typing import NDArray

from hinomi.hub.servers import Ints
from hinomi.hub.voices import Bools, Floats


def in_turn(
    signature: NDArray[np.uint64], is_listed: Bools, posterior: Floats, keys: NDArray[np.bytes_]
) -> Ints:
    """
    Order servers that wait for people; shapes (n,).

    Args:
        signature: The same for two servers that are there by the word of the same members.
        is_listed: Whether it is listed: these and others take places by turns.
        posterior: The likelier come first, 0..1.
        keys: Sort as the servers do: they decide between equals.

    Returns:
        Their rows, the first to be looked at first.
    """
    # What is listed and what is not are two matters, even of the same members.
    order = np.lexsort((keys, -posterior, is_listed, signature))
    same = np.zeros(order.size, dtype=np.bool_)
    for_them, listed = signature[order], is_listed[order]
    same[1:] = (for_them[1:] == for_them[:-1]) & (listed[1:] == listed[:-1])
    begins = np.flatnonzero(~same)
    lengths = np.diff(np.r_[begins, order.size])
    turn = np.empty(order.size, dtype=np.int64)
    turn[order] = np.arange(order.size) - np.repeat(begins, lengths)
    found = np.lexsort((keys, -posterior, turn))
    place = np.empty(order.size, dtype=np.int64)
    for kind in (is_listed[found], ~is_listed[found]):
        place[found[kind]] = np.arange(np.count_nonzero(kind))
    return np.lexsort((~is_listed, place)).astype(np.int64)
