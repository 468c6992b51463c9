"""Who was there and when: lines as they were seen in a window, and reserved addresses met."""

from typing import Any, Final

import ibis

from hinomi.detect.orient import LINE, SYN
from hinomi.model.flow import Direction
from hinomi.model.protocol import Protocol

LEAST_SPAN_MS: Final = 3_600_000
"""A line seen for less says nothing of how long it was there, or is a forged source."""

NO_TCP: Final = -2
"""Value of ``flags`` where a line has no TCP record, and its exporter may know flags or not."""

_RESERVED: Final = 0xFFFFF
"""The low half of ::ffff:240.0.0.0 without its last 28 bits."""


def presence(records: Any) -> Any:
    """
    Find the lines that were there for a while and sent more than bare SYNs.

    Returns:
        Columns `LINE`, `line_net`, `first_ms`, `last_ms` (start of its last record),
        `exporter` (one of them), `interval` (the largest N met), `scaled`, `ingress_out`,
        `ingress_in`, `flags` (-1: none are told, `NO_TCP`). Lines of which any record's
        interval is unknown are left out.
    """
    out = records.direction == int(Direction.OUT)
    tcp = records.proto == int(Protocol.TCP)
    spoken = out & ~(tcp & (records.tcp_flags == SYN))
    rolled = records.group_by(LINE).aggregate(
        line_net=records.line_net.min(),
        first_ms=records.ts_ms.min(),
        last_ms=records.ts_ms.max(),
        exporter=records.exporter.min(),
        densest=records.sampling_interval.min(),
        interval=records.sampling_interval.max(),
        scaled=records.counts_scaled.max(),
        ingress_out=ibis.ifelse(out, records.ingress, 0).cast("int64").max(),
        ingress_in=ibis.ifelse(out, 0, records.ingress).cast("int64").max(),
        flags=ibis.ifelse(tcp, records.tcp_flags, NO_TCP).cast("int64").max(),
        spoken=spoken.cast("int64").sum().cast("int64"),
    )
    stayed = rolled.last_ms - rolled.first_ms >= LEAST_SPAN_MS
    usable = rolled.filter(stayed & (rolled.densest > 0) & (rolled.spoken > 0))
    return usable.drop("densest", "spoken")


def reserved(records: Any) -> Any:
    """
    Find the remote addresses of 240.0.0.0/4 in a window, which no router should carry.

    Returns:
        Columns `remote_lo`, `sent`, `answered`: 1 if packets went there, and came from there.

    Source:
        RFC 1112, section 4; RFC 6890, table 15.
    """
    low = records.remote_lo
    here = (records.remote_own == 0) & (records.remote_hi == 0) & (low // 2**28 == _RESERVED)
    met = records.filter(here)
    out = met.direction == int(Direction.OUT)
    return met.group_by("remote_lo").aggregate(
        sent=out.cast("int64").max(), answered=(~out).cast("int64").max()
    )
