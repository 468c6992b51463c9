"""
The collector's side: find the bins where the shares of t members lie on one polynomial.

A polynomial of degree t - 1 that is 0 at 0 is x times one of degree t - 2. So each share is divided
by its member's point first, and t members fit if their quotients lie on a polynomial of
degree t - 2: if the divided differences of t - 2 of them with either of two more are equal.
Differences are shared among all sets with the same beginning, so that most of the work for a
set is to compare two numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hinomi.share.private.answers import Answer, numbers_in
from hinomi.share.private.field import Elements, check_point, inverse, multiply, subtract
from hinomi.share.private.rounds import Round, check_number

CHUNK: Final = 8192
"""Bins at once: a row of them is 64 KiB, and the rows of a step stay in the cache."""


class Given(Protocol):
    """What the collector needs of one member's tables."""

    @property
    def point(self) -> int:
        """Where its shares were evaluated."""

    @property
    def shares(self) -> Elements:
        """Of each bin, shape (positions,), canonical (see `wire`)."""

    @property
    def tokens(self) -> NDArray[np.uint32]:
        """Of each bin, shape (positions,)."""


@dataclass(frozen=True, slots=True)
class Found:
    """
    What the collector learns: the bins that fit, and which members share each.

    A bin in which two groups of members fit each other stands twice.
    """

    positions: NDArray[np.uint32] = field(repr=False)  # Shape (n,), ascending.
    members: NDArray[np.uint64] = field(repr=False)  # Shape (n,), bit j for number j.


def combine(agreed: Round, tables: Mapping[int, Given]) -> Found:
    """
    Find the bins in which t or more members hold the same element.

    Args:
        agreed: The round.
        tables: Of each member by its number.

    Raises:
        ConfigError: If there are more sets of members than a collector should take on.
        ValueError: If a number, a point or a shape is wrong, or two members have the same point
            (the caller's bug).

    Notes:
        20 members of 10,000 elements take 0.4 to 1 s of CPU at t = 2, 5 to 9 s at t = 3, 26 to
        53 s at t = 4 (benchmarks/private.py).
        A group of members is named once and whole; a set of members within it is not named
        again. By chance a set fits once in 2^61 tries.
    """
    numbers = sorted(tables)
    for number in numbers:
        check_number(number)
        check_point(tables[number].point)
        if tables[number].shares.shape != (agreed.positions,):
            raise ValueError(f"the shares of member {number} are not of this round")
    points = [tables[number].point for number in numbers]
    if len(set(points)) < len(points):
        raise ValueError("two members have the same point")
    agreed.check_work(len(numbers))
    search = _Search(numbers, points, agreed.threshold)
    positions, members = [np.zeros(0, np.uint32)], [np.zeros(0, np.uint64)]
    for start in range(0, agreed.positions, CHUNK):
        rows = [tables[number].shares[start : start + CHUNK] for number in numbers]
        for columns, masks in search.chunk(rows):
            positions.append((columns + start).astype(np.uint32))
            members.append(masks)
    order = np.argsort(np.concatenate(positions), kind="stable")
    return Found(np.concatenate(positions)[order], np.concatenate(members)[order])


class _Search:
    """Goes through all sets of members, chunk by chunk; keeps what every chunk needs."""

    def __init__(self, numbers: list[int], points: list[int], threshold: int) -> None:
        self._numbers = numbers
        self._threshold = threshold
        self._inverses = [inverse(point) for point in points]
        self._gaps = {
            (low, high): inverse(points[high] - points[low])
            for high in range(len(points))
            for low in range(high)
        }
        self._groups: list[NDArray[np.uint64]] = []
        self._width = 0

    def chunk(self, shares: list[Elements]) -> list[tuple[NDArray[np.int64], NDArray[np.uint64]]]:
        """Give columns and groups of one chunk; a second pair for second groups, and so on."""
        if len(shares) < self._threshold:
            return []
        self._groups, self._width = [], len(shares[0])
        rows = [multiply(row, by) for row, by in zip(shares, self._inverses, strict=True)]
        self._descend(rows, 0, 0, self._threshold - 2)
        return [
            (columns, groups[columns])
            for groups in self._groups
            for columns in [np.flatnonzero(groups)]
        ]

    def _descend(self, rows: list[Elements], first: int, prefix: int, depth: int) -> None:
        """
        Take each member in turn as the next of a set, and go on with the differences to it.

        Args:
            rows: Divided differences of the members from *first* on with those in *prefix*.
            first: Which member the first row is of.
            prefix: Members taken so far, as bits.
            depth: Members to take before two are compared, 0..t - 2.
        """
        if depth == 0:
            self._compare(rows, first, prefix)
            return
        for taken in range(len(rows) - depth - 1):
            member = first + taken
            differences = [
                multiply(subtract(row, rows[taken]), self._gaps[member, member + 1 + after])
                for after, row in enumerate(rows[taken + 1 :])
            ]
            bit = 1 << self._numbers[member]
            self._descend(differences, member + 1, prefix | bit, depth - 1)

    def _compare(self, rows: list[Elements], first: int, prefix: int) -> None:
        """
        Find the columns in which differences are equal.

        The lowest t - 1 members of a group are met before any other of its sets, and all
        higher ones equal the last of them: so the whole group is found at once.
        """
        equal = np.empty(self._width, np.bool_)
        for low in range(len(rows) - 1):
            masks: NDArray[np.uint64] | None = None
            for high in range(low + 1, len(rows)):
                np.equal(rows[low], rows[high], out=equal)
                if equal.any():
                    masks = np.zeros(self._width, np.uint64) if masks is None else masks
                    masks[equal] |= np.uint64(1 << self._numbers[first + high])
            if masks is not None:
                columns = np.flatnonzero(masks)
                known = np.uint64(prefix | 1 << self._numbers[first + low])
                self._note(columns, masks[columns] | known)

    def _note(self, columns: NDArray[np.int64], masks: NDArray[np.uint64]) -> None:
        """Keep the groups that lie within no group known at their column."""
        for groups in self._groups:
            new = groups[columns] & masks != masks
            columns, masks = columns[new], masks[new]
        for groups in self._groups:
            free = groups[columns] == 0
            groups[columns[free]] = masks[free]
            columns, masks = columns[~free], masks[~free]
        if len(columns):
            self._groups.append(np.zeros(self._width, np.uint64))
            self._groups[-1][columns] = masks


def answer_to(number: int, found: Found, tables: Mapping[int, Given]) -> Answer:
    """
    Tell a member its bins that fit, with the tokens of the others there.

    Args:
        number: The member's.
        found: What `combine` found.
        tables: Of every member that took part, by its number.
    """
    bit = np.uint64(1 << number)
    mine = found.members & bit != 0
    positions, begin = np.unique(found.positions[mine], return_index=True)
    if not len(positions):
        none = np.zeros(0, np.uint64)
        return Answer(number, positions, none, none, np.zeros(0, np.uint32))
    members = np.bitwise_or.reduceat(found.members[mine], begin) & ~bit
    counts = np.bitwise_count(members).astype(np.int64)
    offsets = np.cumsum(counts) - counts
    flat = np.empty(int(counts.sum()), np.uint32)
    named = numbers_in(members)
    for other in named:
        holds = (members >> np.uint64(other) & np.uint64(1)).astype(bool)
        before = np.bitwise_count(members[holds] & np.uint64((1 << other) - 1))
        flat[offsets[holds] + before] = tables[other].tokens[positions[holds]]
    points = np.array([tables[other].point for other in named], np.uint64)
    return Answer(number, positions, members, points, flat)
