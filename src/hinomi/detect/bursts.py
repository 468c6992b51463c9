"""
Quiet time: clients are counted outside the minutes in which a crowd comes at once.

A victim of an attack loses its clients that way, a C&C server keeps them.
"""

from typing import Final

import numpy as np
import pyarrow as pa

from hinomi.detect.columns import floats, ints, keys, positions
from hinomi.detect.measures import BIN_MS
from hinomi.detect.orient import SERVICE
from hinomi.govern.parameters import Register

DAY_BINS: Final = 86_400_000 // BIN_MS
_TRIM = 0.8


def bursts(
    busy: pa.Table, totals: pa.Table, register: Register, *, window_bins: int = DAY_BINS
) -> pa.Table:
    """
    Choose the bins in which a service stands far above its own usual.

    Args:
        busy: Rows of `measures.busy_bins`.
        totals: Per service of *busy*: `records`, `first_ms`, `last_ms`.
        register: Gives ``measures.burst_lines`` and ``measures.burst_ratio``.
        window_bins: Distinct bins with records in the window.

    Returns:
        Columns `SERVICE` and `bin`.

    Notes:
        The usual is the mean over the emptiest four fifths of the bins between the
        service's first and last record, a day at least, or all of a shorter window.
        So an hour's attack is cut; a service that is busy for a fifth of a day or more is
        not, nor one that is busy throughout a short window. What is met in bursts only
        stays a service, with lines and without clients (`passes.survey`).
    """
    if busy.num_rows == 0:
        return busy.select([*SERVICE, "bin"])
    owner = positions(keys(busy, SERVICE), keys(totals, SERVICE))
    count = floats(busy, "records")
    span = (ints(totals, "last_ms") - ints(totals, "first_ms")) // BIN_MS + 1
    span = np.maximum(span, min(window_bins, DAY_BINS)).astype(np.float64)
    usual = np.zeros(totals.num_rows)
    records = floats(totals, "records")
    order = np.lexsort((count, owner))
    edges = np.searchsorted(owner[order], np.arange(totals.num_rows + 1))
    for service in range(totals.num_rows):
        mine = count[order[edges[service] : edges[service + 1]]]  # Ascending.
        quiet_bins = span[service] - mine.size
        kept = max(0, round(_TRIM * span[service] - quiet_bins))
        below = records[service] - mine.sum() + mine[:kept].sum()
        usual[service] = below / max(quiet_bins + kept, 1.0)
    ratio = register.number("measures.burst_ratio")
    least = register.integer("measures.burst_lines")
    high = floats(busy, "lines") >= np.maximum(least, ratio * usual[owner])
    return busy.filter(pa.array(high)).select([*SERVICE, "bin"])
