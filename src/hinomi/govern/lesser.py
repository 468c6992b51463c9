"""
Lesser records: what would be held if less had been collected (proportionality in numbers).

Pure functions over records. Sparser sampling is drawn from the records themselves: whether a
packet stays depends on its record and the seed alone, so that the same records thin to the same
subset however they lie in batches and files, and a sparser subset lies within a denser one.
"""

from functools import lru_cache
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import stats

Records = TypeVar("Records", pa.Table, pa.RecordBatch)
"""Records as a table or as one batch; what comes in comes out."""

_FEW: Final = 64
"""Up to so many packets of a record the chances are looked up, not worked out anew."""

_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_UNIT: Final = 2.0**-53


def thin(batch: pa.RecordBatch, interval: int, seed: int) -> pa.RecordBatch:
    """
    Sample conversation records again, as if routers had sampled 1 in *interval* packets.

    Args:
        batch: Rows of `model.flow.CONVERSATIONS`; each states an interval n, 1..*interval*.
        interval: N of 1-in-N that the result has, in packets.
        seed: Of the drawing; any whole number.

    Returns:
        The records of which a packet is left, in their order. Of *p* packets as sampled
        Binomial(p, n / *interval*) stay, and bytes in proportion.

    Raises:
        ValueError: If a record's interval is unknown or larger (the caller's bug).

    Notes:
        Exact for records of one packet, nearly all at 1 in 10,000. Of a larger one nobody
        knows which flags, bytes and moments went with which packet: flags, start and duration
        stay, bytes shrink with the packets. Records alike in every column share their lot.
        Counters that arrived multiplied by n are divided back first, as detection does.

    Source:
        Drawing: inversion of the distribution (Devroye 1986, section III.2). Mixing: Steele,
        Lea and Flood (2014), OOPSLA, figure 13.
    """
    held = _whole(batch, "sampling_interval")
    if held.size and not 1 <= int(held.min()) <= int(held.max()) <= interval:
        raise ValueError("only records of a known interval, and of no larger one, can be thinned")
    factor = np.where(_whole(batch, "counts_scaled") == 1, held, 1)
    packets, octets = _whole(batch, "packets"), _whole(batch, "bytes")
    sampled = {
        # As `orient.conversing`: what was multiplied was one packet at least.
        "packets": np.where(packets > 0, np.maximum(packets // factor, 1), 0),
        "bytes": octets // factor,
        "counts_scaled": np.zeros(held.size, np.int64),
    }
    chance = chances(batch, seed)
    kept = np.zeros(held.size, np.int64)
    for rate in np.unique(held).tolist():
        rows = held == rate
        kept[rows] = drawn(chance[rows], sampled["packets"][rows], rate / interval)
    whole = _with(batch, sampled)
    return left_of(whole, kept, np.full(held.size, interval, np.int64))


def left_of(records: Records, kept: NDArray[np.int64], intervals: NDArray[np.int64]) -> Records:
    """
    Give what is left of records of which *kept* packets were sampled again.

    Args:
        records: With columns `packets`, `bytes` and `sampling_interval`.
        kept: Packets that stay of each, 0..packets, shape (rows,).
        intervals: N of 1-in-N that each has from now on, shape (rows,).

    Returns:
        The records with a packet left, in their order, bytes in proportion to packets.
    """
    rows = np.flatnonzero(kept)
    left = records.take(pa.array(rows))
    share = kept[rows] / _whole(left, "packets")
    octets = np.rint(_whole(left, "bytes") * share).astype(np.int64)
    changed = {"packets": kept[rows], "bytes": octets, "sampling_interval": intervals[rows]}
    return _with(left, changed)


def chances(batch: pa.RecordBatch, seed: int) -> NDArray[np.float64]:
    """
    Draw a number for each record from all that it says and *seed*.

    Returns:
        Evenly spread over 0..1, 1 excluded, shape (rows,).
    """
    mixed = np.full(batch.num_rows, seed % 2**64, np.uint64) * _ODD
    for column in batch.columns:
        values = np.asarray(column.to_numpy(zero_copy_only=False), np.int64)
        mixed = _mix(mixed ^ (values.view(np.uint64) + _ODD))
    found: NDArray[np.float64] = (mixed >> np.uint64(11)).astype(np.float64) * _UNIT
    return found


def drawn(
    chance: NDArray[np.float64], packets: NDArray[np.int64], rate: float
) -> NDArray[np.int64]:
    """
    Draw how many of *packets* stay, Binomial(packets, rate), by inversion.

    Args:
        chance: Evenly spread over 0..1, shape (n,). Where it is the same, a smaller *rate*
            never leaves more.
        packets: Shape (n,).
        rate: Share of the packets that stay, 0..1.

    Returns:
        0..packets, shape (n,).
    """
    if rate >= 1.0:
        return packets.copy()
    kept = np.zeros(packets.size, np.int64)
    many = packets > _FEW
    if many.any():
        # The least chance gives -1 in SciPy's convention.
        found = stats.binom.ppf(chance[many], packets[many], rate)
        kept[many] = np.maximum(found, 0.0).astype(np.int64)
    for count in np.unique(packets[~many]).tolist():
        rows = packets == count
        if count > 0:
            kept[rows] = np.searchsorted(_cumulated(count, rate), chance[rows], side="left")
    return np.minimum(kept, packets)


@lru_cache(maxsize=4096)
def _cumulated(packets: int, rate: float) -> NDArray[np.float64]:
    found: NDArray[np.float64] = stats.binom.cdf(np.arange(packets + 1), packets, rate)
    return found


def _mix(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix 64-bit words so that each bit of the outcome depends on all of a word."""
    words = (words ^ (words >> np.uint64(30))) * _FIRST
    words = (words ^ (words >> np.uint64(27))) * _SECOND
    return words ^ (words >> np.uint64(31))


def _whole(records: pa.Table | pa.RecordBatch, name: str) -> NDArray[np.int64]:
    return np.asarray(records.column(name).to_numpy(), np.int64)


def _with(records: Records, changed: dict[str, NDArray[np.int64]]) -> Records:
    """Put other values into columns, of the same types."""
    for name, values in changed.items():
        place = records.schema.get_field_index(name)
        kind = records.schema.field(place)
        records = records.set_column(place, kind, pa.array(values).cast(kind.type))
    return records
