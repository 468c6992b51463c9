"""
Whether contact came before the infection showed.

What a line met days before it began to scan, or to meet listed C&Cs, is a part of its
ordinary life or a cause of its infection; what it meets only since then may be the C&C.
Only lines whose infection shows in the middle of the window can tell.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect.columns import ints, keys, positions
from hinomi.detect.orient import LINE
from hinomi.detect.suspects import Suspects

SETTLED_MS: Final = 86_400_000
"""A line is watched for a day, or longer, before what shows counts as new."""

SLACK_MS: Final = 6 * 3_600_000
"""Sampling shows things late: a contact a few hours before the first probe means nothing."""

_NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Order:
    """Of each pair of a suspect with a service, shape (m,)."""

    tells: NDArray[np.bool_]  # The suspect's infection shows within the window.
    before: NDArray[np.bool_]  # The two met well before.


def order_of(
    suspected: Suspects,
    probed: pa.Table,
    first_ms: NDArray[np.int64],
    who: NDArray[np.int64],
    taught: NDArray[np.bool_],
) -> Order:
    """
    Compare the first contact of each pair with what first showed the line's infection.

    Args:
        suspected: The suspected lines.
        probed: Rows of `suspects.probes`, of all lines.
        first_ms: When the two of each pair first met, all pairs of each suspected line,
            shape (m,).
        who: Index of the line of each pair in *suspected*, shape (m,).
        taught: Pairs with listed C&Cs, shape (m,).
    """
    start = np.full(suspected.line.size, _NEVER)
    np.minimum.at(start, who, first_ms)
    onset = np.full(suspected.line.size, _NEVER)
    np.minimum.at(onset, who[taught], first_ms[taught])
    line = positions(keys(probed, LINE), suspected.line)
    began = ints(probed, "first_ms")
    scanned = np.append(suspected.scanned, -1)[line]  # -1: the last.
    scans = (line >= 0) & (began >= 0) & (scanned == ints(probed, "remote_port"))
    np.minimum.at(onset, line[scans], began[scans])
    tells = (onset < _NEVER) & (onset - SETTLED_MS >= np.minimum(start, onset))
    return Order(
        tells=np.asarray(tells[who], dtype=bool),
        before=np.asarray(first_ms < onset[who] - SLACK_MS, dtype=bool),
    )
