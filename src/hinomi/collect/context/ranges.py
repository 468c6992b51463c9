"""Nested ranges of addresses as disjoint ones, in which the narrowest speaks."""

import numpy as np
from numpy.typing import NDArray

from hinomi.model.address import Address, is_v4
from hinomi.model.context import FIRST_V6_KEY

Ints = NDArray[np.int64]

_V4_BITS = 96
"""Length of ::ffff:0:0/96, which holds all of IPv4."""


def span(base: Address, length: int) -> tuple[int, int] | str:
    """
    Give the first and last `network_keys` of a prefix, or the reason why it has none.

    Args:
        base: Its base, host bits zero.
        length: Bits of the 128-bit form: an IPv4 /24 is 120.
    """
    if length in (0, _V4_BITS):
        return "default-route"
    if is_v4(base):
        first = base.lo & 0xFFFFFFFF
        return first, first + (1 << (128 - length)) - 1
    if length > 64:  # noqa: PLR2004 - the upper half is all that is kept of IPv6.
        return "longer-than-64"
    last = base.hi + (1 << (64 - length)) - 1
    if base.hi < FIRST_V6_KEY or last >= (1 << 63) - 1:
        return "not-global"
    return base.hi, last


def disjoint(first: Ints, last: Ints, value: Ints) -> tuple[Ints, Ints, Ints]:
    """
    Cut ranges so that none overlaps another; the narrowest that covers a place gives its value.

    Args:
        first: First keys, shape (n,), any order.
        last: Last keys, inclusive.
        value: What each range says; of equal ranges the later one wins.

    Returns:
        The same three, sorted and disjoint; neighbours of one value are joined.

    Notes:
        Prefixes only nest, so that "narrowest" is the longest prefix. 10^6 prefixes take
        about 5 s of CPU, once, when a table is added: one slice is painted for each,
        widest first.
    """
    if first.size == 0:
        return first, last, value
    edges = np.unique(np.concatenate([first, last + 1]))
    owner = np.full(edges.size - 1, -1, dtype=np.int64)
    order = np.argsort(first - last, kind="stable")  # Widest first, equal ones in their order.
    starts = np.searchsorted(edges, first[order])
    ends = np.searchsorted(edges, last[order] + 1)
    for start, end, index in zip(starts.tolist(), ends.tolist(), order.tolist(), strict=True):
        owner[start:end] = index
    held = owner >= 0
    begins, stops, says = edges[:-1][held], edges[1:][held] - 1, value[owner[held]]
    joins = (begins[1:] == stops[:-1] + 1) & (says[1:] == says[:-1])
    heads = np.flatnonzero(np.concatenate([[True], ~joins]))
    tails = np.concatenate([heads[1:], [begins.size]]) - 1
    return begins[heads], stops[tails], says[heads]
