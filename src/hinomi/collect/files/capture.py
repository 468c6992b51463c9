"""
Packet captures of ordinary traffic, metered into unidirectional flow records.

Source: RFC 5470, sections 5.1 to 5.3 (metering process, flow expiration).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from hinomi.collect.files.columns import Faults, durations, starts
from hinomi.collect.files.delimited import Rows, settle
from hinomi.collect.files.flows import NOT_IP, Flows, batches, constant, one_exporter
from hinomi.collect.files.framing import PCAP_MAGICS, PCAPNG_MAGIC, frames
from hinomi.collect.files.packets import SUPPORTED_LINKS, Packet, Refused, parse_frame
from hinomi.collect.files.reading import BATCH_ROWS, ReadOptions, Tally
from hinomi.errors import MalformedDocument
from hinomi.model.address import unpack_columns
from hinomi.model.flow import UNKNOWN_INTERVAL

MOST_FLOWS: Final = 200_000
"""Flows that the cache holds, about 100 MB; above it the longest idle are expired early."""

_MAPPED: Final = b"\0" * 10 + b"\xff\xff"
_V4_ENDS: Final = 8

_Key = tuple[bytes, int, int, int]  # Ends, protocol, ports.


@dataclass(slots=True)
class _Metered:
    """One flow in the cache; times in microseconds since the Unix epoch."""

    first_us: int
    last_us: int
    packets: int
    octets: int
    tcp_flags: int


class Meter:
    """
    A cache of flows that expires them by the two timeouts.

    A packet later than the active timeout after a flow's first packet, or later than the
    inactive timeout after its last, begins a new record.
    """

    def __init__(self, options: ReadOptions, *, most_flows: int = MOST_FLOWS) -> None:
        self._active_us = options.active_timeout_ms * 1000
        self._inactive_us = options.inactive_timeout_ms * 1000
        self._most = most_flows
        self._cache: dict[_Key, _Metered] = {}
        self._next_sweep_us = 0
        self.expired: list[tuple[_Key, _Metered]] = []
        self.expired_early = 0

    def add(self, time_us: int, packet: Packet) -> None:
        """Count one packet."""
        key = (packet.ends, packet.proto, packet.src_port, packet.dst_port)
        flow = self._cache.get(key)
        if flow is not None:
            if (
                time_us - flow.first_us <= self._active_us
                and time_us - flow.last_us <= self._inactive_us
            ):
                flow.packets += 1
                flow.octets += packet.length
                if packet.tcp_flags >= 0:
                    flow.tcp_flags = max(flow.tcp_flags, 0) | packet.tcp_flags
                if time_us > flow.last_us:
                    flow.last_us = time_us
                elif time_us < flow.first_us:
                    flow.first_us = time_us  # Captures of several queues are not in order.
                return
            self.expired.append((key, flow))
        elif len(self._cache) >= self._most:
            self._make_room()
        self._cache[key] = _Metered(time_us, time_us, 1, packet.length, packet.tcp_flags)
        if time_us >= self._next_sweep_us:
            self._sweep(time_us)

    def flush(self) -> None:
        """Expire every flow: the capture has ended."""
        self.expired.extend(self._cache.items())
        self._cache.clear()

    def _sweep(self, now_us: int) -> None:
        idle = [
            (key, flow)
            for key, flow in self._cache.items()
            if now_us - flow.last_us > self._inactive_us
        ]
        self._expire(idle)
        self._next_sweep_us = now_us + self._inactive_us

    def _make_room(self) -> None:
        oldest = sorted(self._cache.items(), key=lambda item: item[1].last_us)
        self._expire(oldest[: max(1, self._most // 4)])
        self.expired_early += max(1, self._most // 4)

    def _expire(self, flows: list[tuple[_Key, _Metered]]) -> None:
        self.expired.extend(flows)
        for key, _ in flows:
            del self._cache[key]


def recognises(_path: Path, start: bytes) -> bool:
    """Tell a capture by its magic."""
    return start[:4] in PCAP_MAGICS or start.startswith(PCAPNG_MAGIC)


def read(path: Path, options: ReadOptions, tally: Tally) -> Iterator[pa.RecordBatch]:
    """
    Yield the flow records metered from a capture.

    Raises:
        MalformedDocument: If the file is no capture, was cut, is damaged, or of a link type
            that is not read.
    """
    meter = Meter(options)
    for time_us, link, data in frames(path, tally):
        if link not in SUPPORTED_LINKS:
            raise MalformedDocument(f"packets of link type {link} are not read", str(path))
        packet = parse_frame(link, data)
        if isinstance(packet, Refused):
            _refuse(packet, tally)
            continue
        if not packet.is_whole:
            tally.notes["transport-headers-cut"] += 1
        meter.add(time_us, packet)
        if len(meter.expired) >= BATCH_ROWS:
            yield from _records(meter, path, options, tally)
    meter.flush()
    if meter.expired_early:
        tally.notes["flows-expired-early"] += meter.expired_early
    yield from _records(meter, path, options, tally)


def _refuse(reason: Refused, tally: Tally) -> None:
    if reason is Refused.NOT_IP:
        tally.dropped[NOT_IP] += 1
    else:
        tally.notes[reason.value] += 1


def _records(
    meter: Meter, path: Path, options: ReadOptions, tally: Tally
) -> Iterator[pa.RecordBatch]:
    expired, meter.expired = meter.expired, []
    count, before = len(expired), tally.records
    if not count:
        return
    tally.records += count
    faults = Faults(count)
    first = np.fromiter((flow.first_us for _, flow in expired), np.int64, count)
    last = np.fromiter((flow.last_us for _, flow in expired), np.int64, count)
    source = unpack_columns(b"".join(_wide(key[0], 0) for key, _ in expired))
    target = unpack_columns(b"".join(_wide(key[0], 1) for key, _ in expired))
    flows = Flows(
        # Cut, not rounded: a packet stays in its millisecond, second and hour.
        ts_ms=starts(first // 1000, "the time of a packet", faults, options, tally),
        sampling_interval=constant(count, UNKNOWN_INTERVAL),
        proto=np.fromiter((key[1] for key, _ in expired), np.int64, count),
        src_hi=source[0],
        src_lo=source[1],
        dst_hi=target[0],
        dst_lo=target[1],
        src_port=np.fromiter((key[2] for key, _ in expired), np.int64, count),
        dst_port=np.fromiter((key[3] for key, _ in expired), np.int64, count),
        tcp_flags=np.fromiter((flow.tcp_flags for _, flow in expired), np.int64, count),
        packets=np.fromiter((flow.packets for _, flow in expired), np.int64, count),
        bytes=np.fromiter((flow.octets for _, flow in expired), np.int64, count),
        duration_ms=durations((last - first) / 1000, "duration", faults, tally),
        counts_scaled=constant(count, 0),
        ingress=constant(count, 0),
        exporter=one_exporter(count, options.exporter),
    )
    place = Rows(columns={}, count=count, line_of=lambda row: before + row + 1, has_lines=False)
    good = settle(place, faults, path, options, tally)
    names = [] if options.exporter is None else [options.exporter]
    yield from batches((flows,), good, tally, names, options)


def _wide(ends: bytes, side: int) -> bytes:
    """Give the 16 bytes of one end, IPv4 in its mapped form (RFC 4291, section 2.5.5.2)."""
    if len(ends) == _V4_ENDS:
        return _MAPPED + ends[4 * side : 4 * side + 4]
    return ends[16 * side : 16 * side + 16]
