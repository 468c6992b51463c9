"""
The samplers of every stream, and which of them a record was sampled by.

A rate belongs to the sampler that the record names, and only where it names none to the
exporter. What nobody stated stays 0, unknown: it never becomes 1 and never another
sampler's (robustness cases 1 to 6).

Source: RFC 3954, section 6.1 (scopes); RFC 5477; Cisco's sampler tables.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.meaning.boots import BootTimes
from hinomi.collect.wire.meaning.columns import first_of, signed
from hinomi.collect.wire.meaning.defaults import Defaults
from hinomi.collect.wire.meaning.grouping import Groups, grouped, last_of_each
from hinomi.collect.wire.meaning.rates import ABSURD, MOST_INTERVAL, Algorithm, Rates, read_rates
from hinomi.collect.wire.sets.groups import V9_SCOPE, Headers, RecordGroup, element
from hinomi.collect.wire.streams import NO_STREAM, Stream, Streams

SAMPLING_UNKNOWN: Final = "sampling-unknown"
"""Records whose rate nobody stated."""

SAMPLING_OVERRIDDEN: Final = "sampling-overridden"
"""Records whose rate the operator set otherwise than the exporter stated it."""

SAMPLING_OTHER_SAMPLER: Final = "sampling-other-sampler"
"""Records that name a sampler nobody described, and took the rate of the only one there is."""

SAMPLING_ZERO: Final = "sampling-zero"
"""Rows of options that state the interval 0."""

SAMPLING_ABSURD: Final = "sampling-absurd"
"""Rows of options, records and samples that state an interval which cannot be."""

SAMPLERS_OVER_LIMIT: Final = "samplers-over-limit"
"""Rows of options about samplers beyond `MOST_SAMPLERS`."""

MOST_SAMPLERS: Final = 4_096
"""Samplers remembered of one exporter."""

SYSTEM, SAMPLER, INTERFACE, CARD, STATED = "system", "sampler", "interface", "card", "stated"
"""What a rate is of: all of a stream, one sampler, interface or line card; `STATED`: what the
records or headers themselves said last, kept for show only."""

_KINDS: Final = (SYSTEM, SAMPLER, INTERFACE, CARD, STATED)
_INTERFACE_SCOPES: Final = (element(10), element(14), element(2, V9_SCOPE))
_CARD_SCOPES: Final = (element(141), element(3, V9_SCOPE))
_SELECTOR_ID, _SAMPLER_ID = 302, 48
_MOST_REMEMBERED: Final = 65_536

_Key = tuple[str, int]


class KeptSampler(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sampler of a stream, as `collect status` shows it and as it survives a restart."""

    source: int
    version: int
    domain: int
    kind: str
    number: int  # Of the sampler, interface or card; 0 of the system.
    interval: int  # N; 0 where the exporter said that nothing is sampled here.
    algorithm: int  # `rates.Algorithm`.
    origin: str  # The elements that stated it.
    learnt_ms: int  # Arrival of the datagram that did.


class _Found(NamedTuple):
    """The rate of a sampler, and whether it is another's."""

    interval: int
    is_others: bool


_UNKNOWN: Final = _Found(0, is_others=False)


class Samplers:
    """What all exporters stated about their sampling, and what the operator says instead."""

    def __init__(
        self,
        streams: Streams,
        ledger: Ledger,
        *,
        overrides: Mapping[int, int] | None = None,
        default_interval: int = 0,
    ) -> None:
        """
        Begin without knowledge.

        Args:
            streams: Shared with the decoders.
            ledger: Counts what is left out or assumed.
            overrides: N by exporter number: wins over everything that the exporter says.
            default_interval: N where an exporter says nothing; 0: it stays unknown.
        """
        self.overrides = dict(overrides or {})
        self.streams = streams
        self.boots = BootTimes(streams)  # Stated by options too; times are read with them.
        self._ledger = ledger
        self._defaults = Defaults(streams, ledger, default_interval)
        self._known: defaultdict[int, dict[_Key, KeptSampler]] = defaultdict(dict)
        self._per_source: Counter[int] = Counter()
        self._domains: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
        self._memo: dict[tuple[int, int | None, int | None], _Found] = {}
        self.by_interface = False  # Whether any rate is an interface's.

    def learn(self, headers: Headers, options: RecordGroup) -> None:
        """
        Take rates and start times out of a group of options; later rows win.

        A row with interval 0 never replaces a rate. Where it names a sampler that is
        otherwise unknown, that sampler is known to have none (robustness cases 5 and 6).
        """
        self.boots.learn(headers, options)
        rates = read_rates(options.numbers) if len(options) else None
        if rates is None:
            return
        source = headers.source[options.datagram]
        self._ledger.add_rows(source[rates.interval == 0], SAMPLING_ZERO)
        self._ledger.add_rows(source[rates.interval == ABSURD], SAMPLING_ABSURD)
        stream = headers.stream[options.datagram]
        kind, number = _subject(options)
        table = np.stack([stream, signed(number), rates.interval, rates.algorithm], axis=1)
        good = (rates.interval >= 0) & (stream != NO_STREAM)
        arrived_ms = headers.arrived_ms[options.datagram]
        for row in last_of_each(table, np.flatnonzero(good)):
            found = int(stream[row])
            label, interval, algorithm = table[row, 1:].tolist()
            wide = label & 0xFFFFFFFFFFFFFFFF  # Selector ids have up to 8 bytes.
            own = SYSTEM if kind == INTERFACE and wide == 0 else kind
            self._put(
                found,
                KeptSampler(
                    *self.streams.known[found], own, wide, interval, algorithm, rates.origin,
                    int(arrived_ms[row]),
                ),
            )  # fmt: skip

    def note(self, headers: Headers, datagram: NDArray[np.int64], rates: Rates) -> None:
        """Remember, for show, what the records of each stream state themselves."""
        rows = np.flatnonzero(rates.interval > 0)
        if not rows.size:
            return
        stream = headers.stream[datagram[rows]]
        for number in np.flatnonzero(np.bincount(stream[stream != NO_STREAM])):
            last = rows[np.flatnonzero(stream == number)[-1]]
            self._put(
                int(number),
                KeptSampler(
                    *self.streams.known[number], STATED, 0, int(rates.interval[last]),
                    int(rates.algorithm[last]), rates.origin,
                    int(headers.arrived_ms[datagram[last]]),
                ),
            )  # fmt: skip

    def resolve(
        self,
        stream: NDArray[np.int32],
        sampler: NDArray[Any] | None = None,
        *,
        stated: NDArray[np.int64] | None = None,
        interface: NDArray[np.int64] | None = None,
        records: NDArray[np.int64] | None = None,
    ) -> NDArray[np.int32]:
        """
        Give the sampling interval of each record, and count what is assumed.

        Args:
            stream: Who exported it, shape (n,).
            sampler: The sampler it names, shape (n,), unsigned; None: the layout names none.
            stated: The interval it states itself, shape (n,); only above 0 it counts.
            interface: Where it was observed, shape (n,); negative: not stated.
            records: Row of each record, shape (m,), where a row stands for several; None: one
                record a row. Only the counts need it.

        Returns:
            N of each record, shape (n,); 0: not known.
        """
        groups = self._grouped(stream, sampler, interface)
        found = [
            self._look_up(
                int(stream[row]),
                None if sampler is None else int(sampler[row]),
                None if interface is None or interface[row] < 0 else int(interface[row]),
            )
            for row in groups.rows
        ]
        intervals = _stretched(groups.spread([each.interval for each in found], np.int32), stream)
        if any(each.is_others for each in found):
            assumed = _stretched(
                groups.spread([each.is_others for each in found], np.bool_), stream
            )
            named = assumed if stated is None else assumed & (stated <= 0)
            self._count(stream, named, SAMPLING_OTHER_SAMPLER, records)
        if stated is not None:
            self._count(stream, stated == ABSURD, SAMPLING_ABSURD, records)
            self._defaults.hold_against(stream, stated)
            intervals = np.where(stated > 0, stated, intervals).astype(np.int32)
        if self.overrides:
            intervals = self._overridden(stream, intervals, records)
        if intervals.size and intervals.min() == 0:
            unknown = intervals == 0
            self._count(stream, unknown, SAMPLING_UNKNOWN, records)
            intervals = np.where(unknown, np.int32(self._defaults.interval), intervals)
        return intervals

    def override(self, source: int, interval: int) -> None:
        """Set N of an exporter above all that it says; 0 takes that back."""
        if interval:
            self.overrides[source] = interval
        else:
            self.overrides.pop(source, None)

    def describe(self) -> dict[Stream, list[KeptSampler]]:
        """Give all samplers by stream, in a fixed order."""
        return {
            self.streams.known[stream]: [samplers[key] for key in sorted(samplers)]
            for stream, samplers in sorted(self._known.items())
        }

    def snapshot(self) -> list[KeptSampler]:
        """Give what the next run shall know."""
        return [kept for samplers in self.describe().values() for kept in samplers]

    def restore(self, kept: Sequence[KeptSampler]) -> None:
        """Take up what another run knew; what cannot be is left out."""
        for each in kept:
            stream = self.streams.number(Stream(each.source, each.version, each.domain))
            if (
                stream != NO_STREAM
                and each.kind in _KINDS
                and 0 <= each.interval <= MOST_INTERVAL
                and each.algorithm in tuple(Algorithm)
            ):
                self._put(stream, each)

    def _put(self, stream: int, sampler: KeptSampler) -> None:
        """Write one sampler down, unless it would take a rate back or pass the limit."""
        samplers, key = self._known[stream], (sampler.kind, sampler.number)
        before = samplers.get(key)
        if not sampler.interval and (sampler.kind != SAMPLER or before is not None):
            return
        if before is None:
            if self._per_source[sampler.source] >= MOST_SAMPLERS:
                self._ledger.add(sampler.source, SAMPLERS_OVER_LIMIT)
                return
            self._per_source[sampler.source] += 1
            self._domains[sampler.source, sampler.version].add(stream)
        samplers[key] = sampler
        if sampler.kind != STATED and (before is None or before.interval != sampler.interval):
            self._memo.clear()
            self.by_interface |= sampler.kind == INTERFACE
            self._hold_against_default(stream, sampler.interval)

    def _hold_against_default(self, stream: int, interval: int) -> None:
        """Count what took the default, if the stream, or one it speaks for, is denser."""
        if not self._defaults.is_denied_by(interval):
            return
        self._defaults.deny(stream)
        for other in self._defaults.siblings(stream):
            if self._defaults.is_denied_by(self._look_up(other, None, None).interval):
                self._defaults.deny(other)

    def _grouped(
        self,
        stream: NDArray[np.int32],
        sampler: NDArray[Any] | None,
        interface: NDArray[np.int64] | None,
    ) -> Groups:
        """Group the records that ask the same; who is not asked by interface, without it."""
        columns: list[NDArray[Any]] = [stream]
        if sampler is not None:
            columns.append(signed(sampler) if sampler.dtype == np.uint64 else sampler)
        if interface is not None and self.by_interface:
            columns.append(interface)
        return grouped(columns)

    def _look_up(self, stream: int, sampler: int | None, interface: int | None) -> _Found:
        """Answer one question, from memory where it was asked before."""
        interface = interface if self.by_interface else None
        key = (stream, sampler, interface)
        found = self._memo.get(key)
        if found is None:
            if len(self._memo) >= _MOST_REMEMBERED:
                self._memo.clear()
            found = self._memo[key] = self._search(stream, sampler, interface)
        return found

    def _search(self, stream: int, sampler: int | None, interface: int | None) -> _Found:
        if stream == NO_STREAM:
            return _UNKNOWN
        own = self._known.get(stream, {})
        elsewhere = self._elsewhere(stream)
        if sampler is not None:
            named = (SAMPLER, sampler)
            if named in own:
                return _Found(own[named].interval, is_others=False)
            stated = {other[named].interval for other in elsewhere if named in other} - {0}
            if stated:
                return _Found(stated.pop() if len(stated) == 1 else 0, is_others=False)
            if sampler == 0:
                return _UNKNOWN  # It names none: no other's rate is its own (case 6).
        if interface is not None and (INTERFACE, interface) in own:
            return _Found(own[INTERFACE, interface].interval, is_others=False)
        interval = _only(own, interface)
        if interval is None:
            described = [found for other in elsewhere if (found := _only(other, None)) is not None]
            interval = described[0] if len(set(described)) == 1 else 0
        return _Found(interval, is_others=sampler is not None and interval > 0)

    def _elsewhere(self, stream: int) -> list[dict[_Key, KeptSampler]]:
        """Give what the same exporter stated in other domains of the same version."""
        who = self.streams.known[stream]
        others = self._domains.get((who.source, who.version), set()) - {stream}
        return [self._known[other] for other in others]

    def _overridden(
        self,
        stream: NDArray[np.int32],
        intervals: NDArray[np.int32],
        records: NDArray[np.int64] | None,
    ) -> NDArray[np.int32]:
        by_stream = [self.overrides.get(each.source, 0) for each in self.streams.known]
        instead = np.array([*by_stream, 0], np.int32)[stream]  # `NO_STREAM` takes the last.
        different = (instead > 0) & (intervals > 0) & (instead != intervals)
        self._count(stream, different, SAMPLING_OVERRIDDEN, records)
        return np.where(instead > 0, instead, intervals)

    def _count(
        self,
        stream: NDArray[np.int32],
        which: NDArray[np.bool_],
        reason: str,
        records: NDArray[np.int64] | None,
    ) -> None:
        rows = np.flatnonzero(which & (stream != NO_STREAM))
        if not rows.size:
            return
        weight = None if records is None else np.bincount(records, minlength=stream.size)[rows]
        sums = np.bincount(stream[rows], weight)
        for number in np.flatnonzero(sums).tolist():
            if reason == SAMPLING_UNKNOWN and self._defaults.interval:
                self._defaults.take(number, int(sums[number]))
            else:
                self._ledger.add(self.streams.known[number].source, reason, int(sums[number]))


def sampler_ids(numbers: Mapping[int, NDArray[Any]]) -> NDArray[Any] | None:
    """Give the sampler that each record names, shape (n,); None if the layout names none."""
    return first_of(numbers, _SELECTOR_ID, _SAMPLER_ID)


def _stretched(values: NDArray[Any], like: NDArray[Any]) -> NDArray[Any]:
    """Give a column of one value for each row of *like* where all rows have the same."""
    return values if values.size == like.size else np.broadcast_to(values, like.shape)


def _subject(options: RecordGroup) -> tuple[str, NDArray[Any]]:
    """Tell what the rows of *options* are about: its kind, and the number in each row."""
    named = sampler_ids(options.numbers)
    if named is not None:
        return SAMPLER, named  # Whatever the scope says: some exporters scope it wrongly.
    for kind, scopes in ((INTERFACE, _INTERFACE_SCOPES), (CARD, _CARD_SCOPES)):
        for scope in scopes:
            if scope in options.scope and scope in options.numbers:
                return kind, options.numbers[scope]
    return SYSTEM, np.zeros(len(options), np.int64)


def _only(samplers: dict[_Key, KeptSampler], interface: int | None) -> int | None:
    """
    Give the one rate of a stream: its system's, else the one that all its samplers share.

    A stream that describes several interfaces says nothing of another one.

    Returns:
        N; 0 where there are several; None where there is none.
    """
    if (SYSTEM, 0) in samplers:
        return samplers[SYSTEM, 0].interval
    rates = {key: each.interval for key, each in samplers.items() if key[0] != STATED}
    rates = {key: interval for key, interval in rates.items() if interval}
    if not rates:
        return None
    distinct = set(rates.values())
    if len(distinct) > 1:
        return 0
    by_interface = sum(key[0] == INTERFACE for key in rates)
    return 0 if by_interface > 1 and interface is not None else distinct.pop()
