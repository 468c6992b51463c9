"""
In which order people look at what waits for them, so that nobody can bury it.

Whoever floods the hub with statements, or says of the whole list that it is wrong, would fill any
queue. So servers of which the same members say the same take turns with all others: the first of
each such set come first, then the second of each. A flood by one set of members takes one place of
each turn, however long it is.
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
        signature: The same for two servers if the same members say the same of them.
        is_listed: Whether it is listed: these go before others of their turn.
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
    return np.lexsort((keys, -posterior, ~is_listed, turn)).astype(np.int64)
