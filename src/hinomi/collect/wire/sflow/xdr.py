"""
Lists of tagged octets in XDR, walked in lock step: round r finds the r-th item of all lists.

sFlow is made of them: samples in a datagram, records in a sample. An item is a tag, a
length, and so many octets, filled up to a multiple of four.

Source: RFC 4506, section 4.10; sFlow version 5, section 5 (data_format).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.datagrams import Places, read_u64

_HEAD: Final = 8  # Bytes of tag and length.
_LENGTH_BITS: Final = np.uint64(32)
_LENGTH_MASK: Final = np.uint64(0xFFFFFFFF)

Rows = NDArray[np.int64]
"""Rows of lists, shape (n,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """n items, first the first ones of all lists, then the second ones; shape (n,) each."""

    row: Rows  # Of the list.
    tag: NDArray[np.int64]
    start: Places  # Of the octets.
    size: NDArray[np.int64]  # Octets, as many as stated: they lie inside of the list.

    def __len__(self) -> int:
        return self.row.size

    def take(self, which: NDArray[np.int64] | NDArray[np.bool_]) -> "Items":
        """Give some of the items, by place or by mask."""
        return Items(
            row=self.row[which],
            tag=self.tag[which],
            start=self.start[which],
            size=self.size[which],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What walking came to."""

    items: Items
    broken: Rows  # Lists with an item that leaves them, or fewer items than they claim.
    crowded: Rows  # Lists of more items than are looked at.
    longer: Rows  # Lists that go on behind the last item they claim.


def walk(
    buffer: NDArray[np.uint8], begin: Places, end: Places, count: NDArray[np.int64], *, most: int
) -> Walk:
    """
    Find the items of lists.

    Args:
        buffer: Where the lists are, with spare bytes behind.
        begin: Where the first item of each list begins, shape (n,); at most *end*.
        end: Where each list ends at the latest, shape (n,).
        count: Items that each claims to have, shape (n,): 0..2^32-1, believed in nothing.
        most: Items of a list that are looked at.

    Returns:
        The items of each list up to its first impossible one.
    """
    row, at, stop, left = np.arange(begin.size), begin, end, count
    rounds: list[tuple[NDArray[np.int64], ...]] = []
    broken, longer = [_NONE], [_NONE]
    least = int(count.min(initial=1 << 32))
    for number in range(most + 1):
        if number >= least:
            more = left > number
            longer.append(row[~more & (at < stop)])
            row, at, stop, left = row[more], at[more], stop[more], left[more]
            least = int(left.min(initial=1 << 32))
        if not row.size or number == most:
            break
        head = read_u64(buffer, at)
        size = (head & _LENGTH_MASK).view(np.int64)
        start = at + _HEAD
        after = start + size
        fits = after <= stop
        if not fits.all():
            broken.append(row[~fits])
            row, start, size, after = row[fits], start[fits], size[fits], after[fits]
            stop, left, head = stop[fits], left[fits], head[fits]
        rounds.append((row, (head >> _LENGTH_BITS).view(np.int64), start, size))
        at = start + (size + 3 & -4)  # Behind the end, by 3 bytes at most, if that is not filled.
    return Walk(
        items=_items(rounds),
        broken=np.concatenate(broken),
        crowded=row,
        longer=np.concatenate(longer),
    )


_NONE: Final = np.zeros(0, np.int64)


def _items(rounds: list[tuple[NDArray[np.int64], ...]]) -> Items:
    if not rounds:
        return Items(row=_NONE, tag=_NONE, start=_NONE, size=_NONE)
    if len(rounds) == 1:
        row, tag, start, size = rounds[0]
    else:
        row, tag, start, size = (np.concatenate(parts) for parts in zip(*rounds, strict=True))
    return Items(row=row, tag=tag, start=start, size=size)
