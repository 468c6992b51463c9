"""What the hub tells one member: its bins that fit, and the tokens of the others there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hinomi.share.private.rounds import LAST_NUMBER


def numbers_in(members: NDArray[np.uint64]) -> list[int]:
    """Give the numbers that any of these sets of members names, ascending."""
    named = int(np.bitwise_or.reduce(members)) if len(members) else 0
    return [number for number in range(LAST_NUMBER + 1) if named >> number & 1]


@dataclass(frozen=True)  # No slots: offsets are kept.
class Answer:
    """
    The hub's answer to the member *number*.

    It speaks of bins; only the member knows which of its elements lies in which. Numbers are the
    hub's names for members, and nothing else: what is proven, is proven for a point.
    """

    number: int
    positions: NDArray[np.uint32] = field(repr=False)  # Shape (n,), strictly ascending.
    members: NDArray[np.uint64] = field(repr=False)  # Shape (n,), bit j for number j.
    points: NDArray[np.uint64] = field(repr=False)  # Of whoever is named anywhere, by number.
    tokens: NDArray[np.uint32] = field(repr=False)  # By position, then by number: a bit each.

    @cached_property
    def _offsets(self) -> NDArray[np.int64]:
        counts = np.bitwise_count(self.members).astype(np.int64)
        return np.cumsum(counts) - counts

    def tokens_of(
        self, rows: NDArray[np.int64]
    ) -> Iterator[tuple[int, NDArray[np.bool_], NDArray[np.uint32]]]:
        """
        Yield for each other member that is named in *rows* where it is, and its tokens there.

        Args:
            rows: Which of the positions, shape (m,).

        Yields:
            Its point; which of *rows* name it, shape (m,), of which k; its tokens, shape (k,).
        """
        members, offsets = self.members[rows], self._offsets[rows]
        named = int(np.bitwise_or.reduce(members)) if len(rows) else 0
        for number, point in zip(numbers_in(self.members), self.points.tolist(), strict=True):
            if number == self.number or not named >> number & 1:
                continue
            holds = (members >> np.uint64(number) & np.uint64(1)).astype(bool)
            lower = np.uint64((1 << number) - 1)
            before = np.bitwise_count(members[holds] & lower).astype(np.int64)
            yield point, holds, self.tokens[offsets[holds] + before]
