"""
The sets of many datagrams, walked in lock step: round r finds the r-th set of all of them.

Source: RFC 7011, section 3.3; RFC 3954, section 5.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.datagrams import Places, read_u32
from hinomi.collect.wire.sets.groups import Headers

SET_HEADER: Final = 4
"""Bytes of a set before its body: number and length."""

MOST_SETS: Final = 256
"""Sets of one datagram that are looked at; 9,000 bytes hold 180 of one small record each."""

MOST_IN_BATCH: Final = 1 << 16
"""Sets of one batch that are looked at, the first of every datagram before the second of any:
of 1,024 datagrams each has at least its first 64."""

Rows = NDArray[np.int64]
"""Rows of datagrams, shape (n,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """Datagrams of one version whose headers are sound."""

    headers: Headers
    begin: Places  # Where the first set begins.
    end: Places  # Where the datagram ends, or its length field says so.
    is_whole: NDArray[np.bool_]  # False: it claims to be longer than it is.


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """n sets in the order they arrived, shape (n,) each."""

    row: Rows  # Of the datagram.
    number: NDArray[np.int64]  # What stands in the set: a template, or the template of its data.
    start: Places  # Of the body.
    end: Places

    def __len__(self) -> int:
        return self.row.size

    def take(self, which: NDArray[np.int64] | NDArray[np.bool_]) -> "Sets":
        """Give some of the sets, by place or by mask."""
        return Sets(
            row=self.row[which],
            number=self.number[which],
            start=self.start[which],
            end=self.end[which],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What walking came to."""

    sets: Sets
    broken: Rows  # Datagrams with a set that is shorter than its header or leaves the datagram.
    crowded: Rows  # Datagrams with more sets than are looked at.


def walk(buffer: NDArray[np.uint8], begin: Places, end: Places) -> Walk:
    """
    Find the sets of datagrams.

    Args:
        buffer: Of the batch; readable for some bytes behind every end.
        begin: Where the first set of each datagram begins, shape (n,).
        end: Where each datagram ends.

    Returns:
        The sets up to the first impossible one of each datagram.

    Notes:
        Fewer than 4 bytes at the end, and a set number and length of zero, are padding:
        some exporters fill the datagram up with zeros (robustness case 11).
    """
    row = np.arange(begin.size)
    at, stop = begin, end
    rounds: list[tuple[Rows, NDArray[np.int64], Places]] = []
    broken: list[Rows] = []
    room = max(MOST_IN_BATCH, begin.size)
    for _ in range(MOST_SETS):
        row, at, stop = _keep(at + SET_HEADER <= stop, row, at, stop)
        if not row.size or row.size > room:
            break
        room -= row.size
        head = read_u32(buffer, at)
        length = head & 0xFFFF
        is_set = (length >= SET_HEADER) & (at + length <= stop)
        if not is_set.all():
            broken.append(row[~is_set & (head != 0)])
            row, at, stop = row[is_set], at[is_set], stop[is_set]
            head, length = head[is_set], length[is_set]
        rounds.append((row, head, at))
        at = at + length
    _, crowded, _ = _keep(at + SET_HEADER <= stop, at, row, stop)
    return Walk(
        sets=_in_order(rounds),
        broken=np.concatenate(broken) if broken else np.zeros(0, np.int64),
        crowded=crowded,
    )


def _keep(
    which: NDArray[np.bool_], first: Rows, second: Places, third: Places
) -> tuple[Rows, Places, Places]:
    if which.all():
        return first, second, third
    return first[which], second[which], third[which]


def _in_order(rounds: list[tuple[Rows, NDArray[np.int64], Places]]) -> Sets:
    """Put the sets of all rounds in the order of their datagrams."""
    if not rounds:
        none = np.zeros(0, np.int64)
        return Sets(row=none, number=none, start=none, end=none)
    row, head, at = (np.concatenate(parts) for parts in zip(*rounds, strict=True))
    if len(rounds) > 1:
        order = np.argsort(row, kind="stable")
        row, head, at = row[order], head[order], at[order]
    return Sets(row=row, number=head >> 16, start=at + SET_HEADER, end=at + (head & 0xFFFF))
