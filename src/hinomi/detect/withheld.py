"""How much records hold, and what they would be had a column never been collected."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import ibis

from hinomi.detect.measures import HOUR_MS
from hinomi.detect.orient import LINE
from hinomi.model.flow import UNKNOWN_FLAGS, Direction

NO_PORT: Final = 0
"""What stands in place of a service's port: a service is an address and a protocol then."""

ANY_PORT: Final = 65_535
"""
What stands in place of a line's port: one that hosts choose for themselves.

Not 0: detection would take it for a system port, and each line for a server.
"""


class Withheld(StrEnum):
    """What need not be collected."""

    LINE_PORTS = "line-ports"  # The subscriber's end.
    PORTS = "ports"  # Both ends.
    SIZES = "sizes"
    FLAGS = "flags"


def held(records: Any) -> Any:
    """
    Measure how much conversation records hold, in one row.

    Columns: `records`; `packets`, `octets` (as sampled); `single` (records of one packet);
    `hours` (distinct); `first_ms` (starts, 0 where there are none); `densest` and `sparsest`
    (smallest and largest known N, 0 where none is known); `unknown` (records without N);
    `octets_out`, `packets_out` (of them, sent by lines).
    """
    multiplied = (records.counts_scaled == 1) & (records.sampling_interval > 1)
    factor = ibis.ifelse(multiplied, records.sampling_interval, 1).cast("int64")
    counted = records.mutate(
        sampled=ibis.greatest(records.packets // factor, 1), carried=records.bytes // factor
    )
    out = counted.direction == int(Direction.OUT)
    known = counted.sampling_interval.nullif(0)
    return counted.aggregate(
        records=counted.count(),
        packets=_sum(counted.sampled),
        octets=_sum(counted.carried),
        single=_sum((counted.sampled == 1).cast("int64")),
        hours=(counted.ts_ms // HOUR_MS).nunique(),
        first_ms=counted.ts_ms.min().coalesce(0),
        densest=known.min().coalesce(0).cast("int64"),
        sparsest=known.max().coalesce(0).cast("int64"),
        unknown=_sum((counted.sampling_interval == 0).cast("int64")),
        packets_out=_sum(ibis.ifelse(out, counted.sampled, 0)),
        octets_out=_sum(ibis.ifelse(out, counted.carried, 0)),
    )


def lines(records: Any) -> Any:
    """Count the distinct lines of conversation records: column `lines`, one row."""
    met = records.select(*LINE).distinct()
    return met.aggregate(lines=met.count())


def withhold(records: Any, what: Withheld, held: Mapping[str, int]) -> Any:
    """
    Give records as they would be without *what*; nothing is copied.

    Args:
        records: Conversation records.
        what: The columns that nobody collected.
        held: The row of `held` for them: without sizes every packet is as long as the mean
            packet of its direction, which the counters of interfaces tell anyway.
    """
    kinds = records.schema()
    if what is Withheld.SIZES:
        out = mean_octets(held["octets_out"], held["packets_out"])
        rest = held["octets"] - held["octets_out"], held["packets"] - held["packets_out"]
        mean = ibis.ifelse(records.direction == int(Direction.OUT), out, mean_octets(*rest))
        return records.mutate(bytes=(records.packets * mean.cast("int64")).cast("int64"))
    values = {
        Withheld.LINE_PORTS: {"line_port": ANY_PORT},
        Withheld.PORTS: {"line_port": ANY_PORT, "remote_port": NO_PORT},
        Withheld.FLAGS: {"tcp_flags": UNKNOWN_FLAGS},
    }[what]
    return records.mutate(
        **{name: ibis.literal(value).cast(kinds[name]) for name, value in values.items()}
    )


def mean_octets(octets: int, packets: int) -> int:
    """Give the length of the mean packet, whole octets; 0 of none."""
    return round(octets / packets) if packets else 0


def _sum(column: Any) -> Any:
    return column.sum().coalesce(0).cast("int64")
