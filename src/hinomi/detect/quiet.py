"""Hours of rest: when a network's people sleep and its devices go on."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

REST_HOURS: Final = 8
"""So many hours of the day count as the network's rest."""


def quiet_hours(records: NDArray[np.int64]) -> tuple[tuple[int, ...], float]:
    """
    Choose the eight hours of the day with the fewest records, and give their share.

    Args:
        records: Records by hour of the day, UTC, shape (24,).

    Returns:
        The hours, ascending, and the share of all records that lies in them, 0..1.
    """
    chosen = np.sort(np.argsort(records, kind="stable")[:REST_HOURS])
    share = float(records[chosen].sum() / max(float(records.sum()), 1.0))
    return tuple(int(hour) for hour in chosen), share
