"""
What the elements of a record mean: groups of one layout to flow records.

Records that are no flows of IP packets (events without counters, MAC addresses alone) are
dropped and counted; a record that counts both ways becomes two.

Source: RFC 3954; RFC 7011 and 7012; RFC 5103 (both ways in one record); RFC 5477 (packets).
"""

from collections.abc import Collection
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.exported import NO_INTERFACE, Exported
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.meaning.columns import constant, first_of, signed, some_of
from hinomi.collect.wire.meaning.counters import Counts, read_counts
from hinomi.collect.wire.meaning.endpoints import Ends, has_addresses, read_ends, reverse_flags
from hinomi.collect.wire.meaning.rates import Rates, read_rates
from hinomi.collect.wire.meaning.samplers import Samplers, sampler_ids
from hinomi.collect.wire.meaning.sections import has_sections, read_sections
from hinomi.collect.wire.meaning.times import has_times, spans
from hinomi.collect.wire.sets.groups import REVERSE_PEN, Headers, RecordGroup

NO_ADDRESSES: Final = "no-addresses"
"""Records that do not name both ends, such as those of MAC addresses alone."""

NO_PROTOCOL: Final = "no-protocol"
"""Records whose layout does not name the protocol."""

NO_COUNTERS: Final = "no-counters"
"""Records whose layout counts nothing, such as events of firewalls and address translation."""

NO_PACKETS: Final = "no-packets"
"""Records that count no packets in any direction."""

NOT_IP: Final = "not-ip"
"""Records that carry the beginning of something else than an IP packet."""

_UNOBSERVED: Final = -1
_LAST_DIRECTION: Final = 1
_TURNED: Final = np.array([1, 0, _UNOBSERVED], np.int8)  # By direction; -1 takes the last.


class _Way(NamedTuple):
    """One direction of n records."""

    group: RecordGroup
    ends: Ends
    counts: Counts
    is_back: bool


class Interpreter:
    """Makes flow records of what decoders of NetFlow and IPFIX read."""

    def __init__(
        self, samplers: Samplers, ledger: Ledger, *, post_is_reverse: Collection[int] = ()
    ) -> None:
        """
        Interpret with these rates.

        Args:
            samplers: What exporters and the operator said about sampling.
            ledger: Counts what is left out or doubtful.
            post_is_reverse: Exporters whose elements 23 and 24 count the way back, against
                the standard (robustness case 18).
        """
        self._samplers = samplers
        self._ledger = ledger
        self._post_is_reverse = frozenset(post_is_reverse)

    def interpret(
        self,
        buffer: NDArray[np.uint8],
        headers: Headers,
        group: RecordGroup,
        *,
        rates: Rates | None = None,
    ) -> Exported:
        """
        Give the flow records of *group*; options are learnt from and give none.

        Args:
            buffer: Of the batch: packet sections lie in it, or in the group's own octets.
            headers: Of the datagrams that the group points into.
            group: n records of one layout.
            rates: What the headers state about sampling, shape (datagrams,); None: nothing.

        Returns:
            The records in their order, those of the way back behind them. Columns of one
            value may be views that take no memory.
        """
        if group.is_options:
            self._samplers.learn(headers, group)
            return Exported.empty()
        if not len(group):
            return Exported.empty()
        source = headers.source[group.datagram]
        missing, ends = NO_ADDRESSES, None
        if has_addresses(group):
            ends = read_ends(group)
            missing = NO_ADDRESSES if ends is not None else NO_PROTOCOL
        elif has_sections(group):
            group, ends = read_sections(buffer if group.octets is None else group.octets, group)
            missing = NOT_IP
        if ends is None:
            self._ledger.add_rows(source, missing)
            return Exported.empty()
        ways = self._ways(group, source, ends, missing)
        parts = [self._records(headers, way, rates) for way in ways]
        return parts[0] if len(parts) == 1 else Exported.join(parts)

    def _ways(
        self, group: RecordGroup, source: NDArray[np.int32], ends: Ends, missing: str
    ) -> list[_Way]:
        """Drop what is no flow, and part the two directions of what is left."""
        counted = read_counts(
            group.numbers, source, self._ledger, post_is_reverse=self._post_is_reverse
        )
        if counted is None:
            self._ledger.add_rows(source, NO_COUNTERS)
            return []
        there, back, possible = counted
        if ends.named is None and possible is None and back is None and there.packets.min() > 0:
            return [_Way(group, ends, there, is_back=False)]
        good = np.ones(len(group), np.bool_) if possible is None else possible
        if ends.named is not None:
            self._ledger.add_rows(source[good & ~ends.named], missing)
            good = good & ends.named
        silent = good & (there.packets == 0)
        if back is not None:
            silent &= back.packets == 0
        self._ledger.add_rows(source[silent], NO_PACKETS)
        ways = [_part(group, ends, there, good & (there.packets > 0))]
        if back is not None:
            turned = ends.turned(reverse_flags(group, ends.proto))
            way = _part(group, turned, back, good & (back.packets > 0))
            ways.append(way._replace(is_back=True))
        return [way for way in ways if len(way.group)]

    def _records(self, headers: Headers, way: _Way, rates: Rates | None) -> Exported:
        """Lay out the records of one direction."""
        group, ends = way.group, way.ends
        numbers, datagram = group.numbers, group.datagram
        observed = _directions(first_of(numbers, 61), len(group))
        in_if = _interfaces(first_of(numbers, 10, 252), len(group))
        out_if = _interfaces(first_of(numbers, 14, 253), len(group))
        intervals = self._intervals(headers, group, rates, np.where(observed == 1, out_if, in_if))
        enterprise = 0
        if way.is_back:
            in_if, out_if, observed = out_if, in_if, _TURNED[observed]
            enterprise = REVERSE_PEN if has_times(numbers, REVERSE_PEN) else 0
        times = spans(headers, group, self._samplers.boots, self._ledger, enterprise=enterprise)
        return Exported(
            source=headers.source[datagram],
            ts_ms=times.start_ms,
            duration_ms=times.duration_ms,
            sampling_interval=intervals,
            counts_scaled=constant(len(group), 0, np.int16),
            proto=ends.proto,
            src_hi=ends.src_hi,
            src_lo=ends.src_lo,
            dst_hi=ends.dst_hi,
            dst_lo=ends.dst_lo,
            src_port=ends.src_port,
            dst_port=ends.dst_port,
            tcp_flags=ends.tcp_flags,
            packets=way.counts.packets,
            bytes=way.counts.octets,
            in_if=in_if,
            out_if=out_if,
            observed=observed,
        )

    def _intervals(
        self,
        headers: Headers,
        group: RecordGroup,
        of_headers: Rates | None,
        interface: NDArray[np.int64],
    ) -> NDArray[np.int32]:
        """Give the sampling interval of each record: by datagram where that is enough."""
        datagram = group.datagram
        sampler, own = sampler_ids(group.numbers), read_rates(group.numbers)
        if own is not None:
            self._samplers.note(headers, datagram, own)
        if sampler is None and own is None and not self._samplers.by_interface:
            stated = None if of_headers is None else of_headers.interval
            by_datagram = self._samplers.resolve(headers.stream, stated=stated, records=datagram)
            return by_datagram[datagram]
        stated = None if own is None else own.interval
        if stated is None and of_headers is not None:
            stated = of_headers.interval[datagram]
        return self._samplers.resolve(
            headers.stream[datagram], sampler, stated=stated, interface=interface
        )


def _part(group: RecordGroup, ends: Ends, counts: Counts, which: NDArray[np.bool_]) -> _Way:
    """Give one direction of the records *which*."""
    if which.all():
        return _Way(group, ends, counts, is_back=False)
    rows = np.flatnonzero(which)
    some = Counts(counts.packets[rows], counts.octets[rows])
    return _Way(some_of(group, rows), ends.take(rows), some, is_back=False)


def _interfaces(stated: NDArray[Any] | None, rows: int) -> NDArray[np.int64]:
    return constant(rows, NO_INTERFACE, np.int64) if stated is None else signed(stated)


def _directions(stated: NDArray[Any] | None, rows: int) -> NDArray[np.int8]:
    """Give element 61, -1 where it is neither ingress nor egress."""
    if stated is None:
        return constant(rows, _UNOBSERVED, np.int8)
    if stated.max() <= _LAST_DIRECTION:
        return stated.astype(np.int8)
    known = stated <= _LAST_DIRECTION
    return np.where(known, stated.astype(np.int8), np.int8(_UNOBSERVED))
