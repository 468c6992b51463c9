"""
What is measured of each line-service pair and of each service, as Ibis expressions.

Written once; every engine runs the same expressions. Exact distinct counts only:
approximate ones differ between engines. The pair rollup comes first, services are rolled
up from pairs, so that no query ever counts distinct lines over all records.
"""

from collections.abc import Sequence
from typing import Any, Final

import ibis

from hinomi.detect.orient import ACK, FIN, LINE, PSH, RST, SERVICE, SYN
from hinomi.model.flow import Direction
from hinomi.model.protocol import Protocol

BIN_MS: Final = 600_000
"""Length of the bins in which bursts are sought: 10 minutes."""

RETURN_MS: Final = 3_600_000
"""A client that is seen this long apart has come back, rather than fetched something once."""

BARE_BYTES: Final = 64
"""A packet no longer than this carries no data worth the name: SYN, ACK, RST of TCP."""

FULL_BYTES: Final = 1_200
"""A packet at least this long is full: QUIC's smallest datagram (RFC 9000, section 14)."""

_LONGEST: Final = 65_535
"""The longest IPv4 packet, bytes (RFC 791, section 3.1)."""

_LARGE: Final = 2**31
_LARGEST: Final = 2**47  # Times the longest packet still fits in 64 bits.

HOUR_MS: Final = 3_600_000

ONE_WAY: Final = 5
"""A host that answers less than every fifth packet is flooded, not visited."""


SUMMED: Final = (
    "flagged", "opens", "closes", "pushes", "bare_out", "bare_in", "full_in", "squares_out",
    "squares_in", "night",
)  # fmt: skip
"""Columns of pairs that services take over as sums."""

TALLIED: Final = ("votes", *SUMMED)
"""Columns of pairs that nothing but their sum by service is asked of."""

_LEAST: Final = ("line_net", "first_ms", "low_port")
_MOST: Final = ("last_ms", "high_port")


def facts(records: Any) -> Any:
    """
    Measure records as a whole, in one row.

    Columns: `rows`; `hours` and `bins` (distinct, of one hour and of ten minutes);
    `first_ms`, `last_ms` (starts, 0 where there are none); `interval` (largest N of 1-in-N),
    `densest` (smallest known N, 0 where none is known), `unknown` (records without N); `tcp`,
    `flagless` (of them without flags).
    """
    tcp = records.proto == int(Protocol.TCP)
    least = records.sampling_interval.nullif(0).min()
    return records.aggregate(
        rows=records.count(),
        hours=(records.ts_ms // HOUR_MS).nunique(),
        bins=(records.ts_ms // BIN_MS).nunique(),
        first_ms=records.ts_ms.min().coalesce(0),
        last_ms=records.ts_ms.max().coalesce(0),
        interval=records.sampling_interval.max().coalesce(0).cast("int64"),
        densest=least.coalesce(0).cast("int64"),
        unknown=_count(records.sampling_interval == 0),
        tcp=_count(tcp),
        flagless=_count(tcp & (records.tcp_flags < 0)),
    )


def totals(records: Any) -> Any:
    """Count the records of each service: `SERVICE`, `records`, `first_ms`, `last_ms`."""
    return records.group_by(SERVICE).aggregate(
        records=records.count(), first_ms=records.ts_ms.min(), last_ms=records.ts_ms.max()
    )


def busy_bins(records: Any, least: int) -> Any:
    """
    Find the 10-minute bins in which a service met at least *least* lines.

    Columns: `SERVICE`, `bin` (number of the bin since the epoch), `records`, `lines`.
    """
    binned = records.mutate(bin=records.ts_ms // BIN_MS)
    counted = binned.group_by([*SERVICE, "bin"]).aggregate(records=binned.count())
    crowded = counted.filter(counted.records >= least)
    met = binned.semi_join(crowded, [*SERVICE, "bin"]).select(*SERVICE, "bin", *LINE).distinct()
    lines = met.group_by([*SERVICE, "bin"]).aggregate(lines=met.count())
    both = crowded.inner_join(lines, [*SERVICE, "bin"])
    return both.filter(both.lines >= least)


def outside(records: Any, bursts: Any) -> Any:
    """Drop the records that lie in the bins of *bursts* (columns `SERVICE` and `bin`)."""
    binned = records.mutate(bin=records.ts_ms // BIN_MS)
    return binned.anti_join(bursts, [*SERVICE, "bin"]).drop("bin")


def hours_of_day(records: Any) -> Any:
    """Count records by hour of the day, UTC: columns `hour` (0..23), `records`."""
    timed = records.select(hour=(records.ts_ms // HOUR_MS) % 24)
    return timed.group_by("hour").aggregate(records=timed.count())


def blows(records: Any, bursts: Any) -> Any:
    """
    Count, in the bins of *bursts*, what each line sent that no forged SYN explains.

    Only services that hardly answer there, as a flooded host does, are looked at.

    Columns: `SERVICE`, `LINE`, `blows` (records sent to the service, bare SYNs left out).
    """
    binned = records.mutate(bin=records.ts_ms // BIN_MS)
    loud = binned.semi_join(bursts, [*SERVICE, "bin"])
    out = loud.direction == int(Direction.OUT)
    both = loud.group_by(SERVICE).aggregate(sent=_count(out), answered=_count(~out))
    flooded = both.filter(both.sent > ONE_WAY * both.answered)
    bare_syn = (loud.proto == int(Protocol.TCP)) & (loud.tcp_flags == SYN)
    struck = loud.filter(out & ~bare_syn).semi_join(flooded, SERVICE)
    return struck.group_by([*SERVICE, *LINE]).aggregate(blows=struck.count())


def pairs(records: Any, quiet: Sequence[int] = ()) -> Any:
    """
    Roll records up to one row per line and service.

    Args:
        records: What `orient.towards_services` left, less bursts.
        quiet: Hours of the day, UTC, in which the network is at rest (`quiet.quiet_hours`).

    Returns:
        Columns `SERVICE`, `LINE`, `line_net`; `records`; `packets_out`, `packets_in`,
        `bytes_out`, `bytes_in`; `first_ms`, `last_ms`; `ports` (1 one line port seen,
        2 several); `votes` (packets that say the remote end is the service); `syn_out`
        (bare SYN sent), `refused` (records with RST from the service and no data);
        `spoke` (1 if the two really conversed, see `_spoke`); `opens` (records with a SYN),
        `closes` (with FIN or RST), `pushes` (with PSH) among those with flags, `flagged`;
        `bare_out`, `bare_in`, `full_in` (packets no longer than `BARE_BYTES`, or at least
        `FULL_BYTES` long on average); `squares_out`, `squares_in` (sums of packets times
        squared mean size); `night` (records in the *quiet* hours).
    """
    return finished(pair_sums(records, quiet))


def pair_sums(
    records: Any, quiet: Sequence[int] = (), by: Sequence[str] = (*SERVICE, *LINE)
) -> Any:
    """
    Roll records up to what adds up of `pairs` over parts of the window, one row for each *by*.

    Columns are those of `pairs` but `ports` and `spoke`, and what these two are made of:
    `low_port`, `high_port` (of the line), `talks` (records that show a conversation),
    `flagless` (records of TCP without flags). `merged` puts parts together.
    """
    out = records.direction == int(Direction.OUT)
    return records.group_by([*by]).aggregate(
        line_net=records.line_net.min(),
        records=records.count(),
        packets_out=_total(records.packets, out),
        packets_in=_total(records.packets, ~out),
        bytes_out=_total(records.bytes, out),
        bytes_in=_total(records.bytes, ~out),
        first_ms=records.ts_ms.min(),
        last_ms=(records.ts_ms + records.duration_ms).max(),
        low_port=records.line_port.min(),
        high_port=records.line_port.max(),
        votes=records.votes.sum().cast("int64"),
        **_flag_counts(records, out),
        **_size_sums(records, out),
        night=_at_night(records, quiet),
    )


def merged(rows: Any, by: Sequence[str] = (*SERVICE, *LINE)) -> Any:
    """
    Put rows of several parts of a window together, one for each *by*.

    Args:
        rows: Some columns of `pair_sums` or of `tallies`, of all parts.
        by: What tells rows apart.

    Returns:
        The same columns: sums, but least and greatest for times, ports and networks.
    """
    least = {name: rows[name].min() for name in _LEAST if name in rows.columns}
    most = {name: rows[name].max() for name in _MOST if name in rows.columns}
    added = {
        name: rows[name].sum().cast("int64")
        for name in rows.columns
        if name not in {*by, *_LEAST, *_MOST}
    }
    return rows.group_by([*by]).aggregate(**least, **most, **added)


def finished(sums: Any) -> Any:
    """Make `pairs` of the rows of `pair_sums`, or of those of their columns that are there."""
    return sums.mutate(
        ports=ibis.ifelse(sums.low_port == sums.high_port, 1, 2).cast("int64"),
        spoke=_spoke(sums).cast("int64"),
    ).drop("low_port", "high_port", "talks", "flagless")


def tallies(sums: Any) -> Any:
    """Sum the columns of `pair_sums` in `TALLIED` by service: what needs no look at lines."""
    return merged(sums.select(*SERVICE, *TALLIED), SERVICE)


def _flag_counts(records: Any, out: Any) -> dict[str, Any]:
    """Count records by what their flags say."""
    tcp = records.proto == int(Protocol.TCP)
    flagged = tcp & (records.tcp_flags >= 0)
    flags = records.tcp_flags
    ack, rst, psh = (flags & ACK) == ACK, (flags & RST) == RST, (flags & PSH) == PSH
    synack = (flags & (SYN | ACK)) == SYN | ACK
    lone_answer = synack & ~psh & (records.packets == 1)
    return {
        "syn_out": _count(flagged & out & (flags == SYN)),
        "refused": _count(flagged & ~out & rst & ~psh),
        "talks": _count(flagged & ack & (~rst | psh) & ~lone_answer),
        "flagless": _count(tcp & ~flagged),
        "flagged": _count(flagged),
        "opens": _count(flagged & ((flags & SYN) == SYN)),
        "closes": _count(flagged & (rst | ((flags & FIN) == FIN))),
        "pushes": _count(flagged & psh),
    }


def _size_sums(records: Any, out: Any) -> dict[str, Any]:
    """Sum packets by how long they are, and their squared lengths."""
    bare = records.bytes <= records.packets * BARE_BYTES
    full = records.bytes >= records.packets * FULL_BYTES
    # Products of large records would not fit in 64 bits: there the whole mean will do.
    small = ibis.least(records.bytes, _LARGE)
    mean = ibis.least(records.bytes // records.packets, _LONGEST)
    squares = ibis.ifelse(
        records.bytes < _LARGE,
        small * small // records.packets,
        mean * ibis.least(records.bytes, _LARGEST),
    )
    return {
        "bare_out": _total(records.packets, out & bare),
        "bare_in": _total(records.packets, ~out & bare),
        "full_in": _total(records.packets, ~out & full),
        "squares_out": _total(squares, out),
        "squares_in": _total(squares, ~out),
    }


def _at_night(records: Any, quiet: Sequence[int]) -> Any:
    """Count the records in the *quiet* hours; none are quiet in a window that names none."""
    hour = (records.ts_ms // HOUR_MS) % 24
    resting = hour.isin([-1, *quiet])
    return _count(resting)


def _spoke(pair: Any) -> Any:
    """
    Tell whether line and service really conversed.

    TCP with flags: an ACK-bearing packet that is no lone SYN-ACK and no bare reset. TCP
    without flags: both ways, or packets longer than a bare one. Other protocols: an answer.
    A SYN alone never counts: its source may be forged and its target may be a victim.
    """
    packets = pair.packets_out + pair.packets_in
    both = (pair.packets_out > 0) & (pair.packets_in > 0)
    loaded = (pair.bytes_out + pair.bytes_in) > packets * BARE_BYTES
    tcp = pair.proto == int(Protocol.TCP)
    return ibis.ifelse(
        tcp,
        (pair.talks > 0) | ((pair.flagless > 0) & (both | loaded)),
        pair.packets_in > 0,
    )


def services(pair: Any, tallied: Any = None) -> Any:
    """
    Roll pairs up to one row per service.

    Args:
        pair: Rows of `pairs`; without the columns in `TALLIED` where these are
        tallied: Rows of `tallies` for the same services.

    Returns:
        Columns `SERVICE`; `lines` (all that met it), `clients` (that spoke with it), `nets`
        (distinct networks of clients); `silent` (lines that only sent bare SYNs); `several`
        (clients of more than one record), `returned` (of them over an hour or more); `votes`;
        `ports` (lines seen on several ports of their own); `records`; packets and bytes per
        direction; `first_ms`, `last_ms`; sums of the columns in `SUMMED`.
    """
    spoke = pair.spoke == 1
    nets = pair.filter(spoke).select(*SERVICE, "line_net").distinct()
    counted = nets.group_by(SERVICE).aggregate(nets=nets.count())
    rolled = pair.group_by(SERVICE).aggregate(
        lines=pair.count(),
        clients=pair.spoke.sum().cast("int64"),
        silent=_count((pair.syn_out > 0) & ~spoke),
        refused=_count((pair.refused > 0) & ~spoke),
        several=_count(spoke & (pair.records > 1)),
        returned=_count(spoke & (pair.last_ms - pair.first_ms >= RETURN_MS)),
        ports=_count(pair.ports > 1),
        records=pair.records.sum().cast("int64"),
        packets_out=pair.packets_out.sum().cast("int64"),
        packets_in=pair.packets_in.sum().cast("int64"),
        bytes_out=pair.bytes_out.sum().cast("int64"),
        bytes_in=pair.bytes_in.sum().cast("int64"),
        first_ms=pair.first_ms.min(),
        last_ms=pair.last_ms.max(),
        **{name: pair[name].sum().cast("int64") for name in (TALLIED if tallied is None else ())},
    )
    joined = _beside(rolled, counted)
    if tallied is not None:
        joined = _beside(joined, tallied)
    return joined.mutate(nets=joined.nets.coalesce(0))


def _beside(services: Any, more: Any) -> Any:
    """Add the columns of *more*, at most one row for each service."""
    joined = services.left_join(more, SERVICE)
    return joined.drop(*[f"{name}_right" for name in SERVICE])


def activity(pair: Any) -> Any:
    """
    Measure how active each line is: `services` it spoke with, `tries` it made in vain.

    Columns: `LINE`, `services`, `tries`. Parts by service add up over the buckets.
    """
    return pair.group_by(LINE).aggregate(
        services=pair.spoke.sum().cast("int64"),
        tries=_count((pair.spoke == 0) & (pair.packets_out > 0)),
    )


def hourly(records: Any, chosen: Any) -> Any:
    """
    Count records per hour of the services in *chosen* (columns `SERVICE`).

    Columns: `SERVICE`, `hour` (number of the hour since the epoch), `records`.
    """
    picked = records.semi_join(chosen, SERVICE)
    timed = picked.mutate(hour=picked.ts_ms // HOUR_MS)
    return timed.group_by([*SERVICE, "hour"]).aggregate(records=timed.count())


def sizes(records: Any, chosen: Any) -> Any:
    """
    Measure bytes per packet of the services in *chosen*, per direction.

    Columns: `SERVICE`, `direction`, `low`, `middle`, `high`: the quartiles of the mean
    packet size of each record, bytes.
    """
    picked = records.semi_join(chosen, SERVICE)
    sized = picked.mutate(size=picked.bytes.cast("float64") / picked.packets)
    return sized.group_by([*SERVICE, "direction"]).aggregate(
        low=sized["size"].quantile(0.25),
        middle=sized["size"].quantile(0.5),
        high=sized["size"].quantile(0.75),
    )


def _total(column: Any, where: Any) -> Any:
    # A sum of int64 is wider in DuckDB and would be written as a float.
    return ibis.ifelse(where, column, 0).sum().cast("int64")


def _count(where: Any) -> Any:
    # Counting keeps 8 bytes a group, where DuckDB's sum of integers keeps 24.
    return ibis.ifelse(where, 1, ibis.null()).count()
