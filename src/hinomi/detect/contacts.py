"""
What is kept of the pairs of a unit: numbers in place of addresses, and the least that is asked.

A unit has a table of its lines and a table of its services, numbered from 0; its pairs name
both by these numbers and lie in their order. What services are asked for as sums is summed by
service at once. So a pair takes a dozen bytes instead of a hundred, and putting days together
is a matter of sorting integers (`standing`).
"""

from collections.abc import Sequence
from typing import Any, Final

import ibis

from hinomi.detect import measures, orient
from hinomi.detect.orient import LINE, SERVICE
from hinomi.detect.suspects import MAIL_PORTS
from hinomi.model.protocol import Protocol

FINE: Final = 2**14
"""Finest parts: services are numbered in their order, so that each is a range of numbers."""

TALKED: Final = 1
"""Mark of a pair with a record that shows a conversation (`measures.pair_sums`, ``talks``)."""

FLAGLESS: Final = 2
"""Mark of a pair with a TCP record without flags."""

OUT: Final = 4
"""Mark of a pair with packets to the service."""

IN: Final = 8
"""Mark of a pair with packets from the service."""

KNOCKED: Final = 16
"""Mark of a pair with a bare SYN to the service."""

REFUSED: Final = 32
"""Mark of a pair with a refusal from the service."""

SEVERAL: Final = 64
"""Mark of a pair of more than one record."""

SUMMED: Final = (
    "records", "packets_out", "packets_in", "bytes_out", "bytes_in", *measures.TALLIED,
)  # fmt: skip
"""Columns of `services` that add up over units."""

PAIR: Final = ("at", "line", "since", "stay", "low_port", "spread", "marks", "over_out", "over_in")
"""Columns of `pairs`."""


def fine_of(rows: Any) -> Any:
    """Number the finest part that the remote end of each row falls into, 0..`FINE`-1."""
    return orient.bucket_of(rows, "remote", FINE)


def part_of(rows: Any, parts: int) -> Any:
    """Number the part of each row, 0..parts-1: *parts*, a power of two, are ranges of `fine_of`."""
    return (fine_of(rows) // (FINE // parts)).cast("int64")


def lines(records: Any) -> Any:
    """Number the lines of a unit: columns `LINE`, `line_net`, `line` (from 0), in its order."""
    met = records.group_by(LINE).aggregate(line_net=records.line_net.min())
    number = ibis.row_number().over(order_by=[met[name] for name in LINE])
    return met.mutate(line=number.cast("int32")).order_by("line")


def services(records: Any, quiet: Sequence[int]) -> Any:
    """
    Sum up and number the services of one part.

    Args:
        records: What `orient.towards_services` left of the part, less bursts.
        quiet: Hours of the day, UTC, in which the network is at rest.

    Returns:
        Columns `SERVICE`, `fine` (`fine_of`), `at` (from 0, ascending with `fine`),
        `first_ms`, `last_ms` and `SUMMED`, in the order of `at`.
    """
    sums = measures.pair_sums(records, quiet, SERVICE)
    kept = sums.select(*SERVICE, "first_ms", "last_ms", *SUMMED)
    kept = kept.mutate(fine=fine_of(kept).cast("int32"))
    number = ibis.row_number().over(order_by=[kept["fine"], *(kept[name] for name in SERVICE)])
    return kept.mutate(at=number.cast("int32")).order_by("at")


def pairs(records: Any, services: Any, lines: Any, base_ms: int) -> Any:
    """
    Roll the records of one part up to one row per line and service, by their numbers.

    Args:
        records: As for `services`.
        services: Their rows of `services`.
        lines: Rows of `lines` of the unit.
        base_ms: A time before all of them, by three weeks at most.

    Returns:
        Columns `PAIR`, in the order of `at` and `line`: first time less *base_ms*, ms; time
        from first to last, ms; least port of the line, and greatest less least; marks; bytes
        beyond `measures.BARE_BYTES` a packet in either direction, where it is asked (TCP that
        no flags show to be a conversation), else 0.
    """
    sums = measures.pair_sums(records)
    asked = (sums.proto == int(Protocol.TCP)) & (sums.talks == 0)
    marks = {
        TALKED: sums.talks > 0,
        FLAGLESS: sums.flagless > 0,
        OUT: sums.packets_out > 0,
        IN: sums.packets_in > 0,
        KNOCKED: sums.syn_out > 0,
        REFUSED: sums.refused > 0,
        SEVERAL: sums.records > 1,
    }
    over_out = sums.bytes_out - sums.packets_out * measures.BARE_BYTES
    over_in = sums.bytes_in - sums.packets_in * measures.BARE_BYTES
    small = sums.select(
        *SERVICE,
        *LINE,
        since=(sums.first_ms - base_ms).cast("int32"),
        stay=sums.last_ms - sums.first_ms,
        low_port=sums.low_port,
        spread=(sums.high_port - sums.low_port).cast("int32"),
        marks=sum(ibis.ifelse(is_so, mark, 0) for mark, is_so in marks.items()).cast("int16"),
        over_out=ibis.ifelse(asked, over_out, 0),
        over_in=ibis.ifelse(asked, over_in, 0),
    )
    numbered = small.inner_join(services.select(*SERVICE, "at"), SERVICE)
    numbered = numbered.inner_join(lines.select(*LINE, "line"), LINE)
    return numbered.select(*PAIR).order_by(["at", "line"])


def quiet_pairs(pairs: Any, services: Any) -> Any:
    """
    Count the pairs of one part that may turn out to be mere probes, or are mail.

    Columns: `line`, `remote_port`, `rows`: TCP, with packets sent.
    """
    tcp = services.filter(services.proto == int(Protocol.TCP)).select("at", "remote_port")
    sent = pairs.filter((pairs.marks & OUT) == OUT).select("at", "line", "marks")
    met = sent.inner_join(tcp, "at")
    met = met.filter(((met.marks & TALKED) == 0) | met.remote_port.isin(MAIL_PORTS))
    return met.group_by(["line", "remote_port"]).aggregate(rows=met.count())
