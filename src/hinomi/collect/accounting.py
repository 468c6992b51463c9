"""
The account of a collector: what arrived, what was kept, what was left out and why.

Each worker keeps one and writes it to a file of its own every few seconds; added up over the
workers it is what operators and Prometheus read. Its sums must come out: a record that was
decoded was kept or dropped for a reason, a conversation that was made of it was stored, is
waiting, or was given up.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from hinomi.collect.admission import (
    IN_FUTURE,
    SAMPLING_TOO_DENSE,
    SAMPLING_UNKNOWN,
    TOO_LATE,
)
from hinomi.collect.normalise import FORGED_SOURCE, TRANSIT
from hinomi.collect.observing import COUNTED_ELSEWHERE
from hinomi.collect.wire.decoder import DATAGRAMS, RECORDS
from hinomi.collect.wire.exported import NO_INTERFACE, Exported
from hinomi.collect.wire.sequences.places import LATE, LOST, SEQUENCED
from hinomi.errors import MalformedDocument
from hinomi.model.exporter import HOUR_MS, ExporterHour, SequenceUnit

KEPT: Final = "records-kept"
"""Flow records of which conversations were made."""

UNNUMBERED: Final = "exporter-unnumbered"
"""Records of an exporter that the case book gave no number in time: it was held, or broken."""

DROPPED: Final = frozenset(
    {
        COUNTED_ELSEWHERE,
        FORGED_SOURCE,
        IN_FUTURE,
        SAMPLING_TOO_DENSE,
        SAMPLING_UNKNOWN,
        TOO_LATE,
        TRANSIT,
        UNNUMBERED,
    }
)
"""Why a decoded record is not kept: each is one of these, once."""

LEVELS: Final = frozenset({"kernel-queued-bytes"})
"""Among what no exporter can be blamed for: not sums since the beginning, but states of now."""

_INDEX_BITS: Final = 33
_INDEX_MASK: Final = (1 << _INDEX_BITS) - 1  # An index has 32 bits; all ones: none is named.

STATUS_FILES: Final = "worker-*.json"
_MOST_SAMPLERS_SHOWN: Final = 64

MOST_INTERFACES: Final = 256
"""Interfaces of one exporter that are told apart; records of further ones are counted together."""

OTHER_INTERFACES: Final = -2
"""Stands for the interfaces beyond `MOST_INTERFACES`; -1 for records that name none."""


class SamplerStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """At which rate and how one sampler of an exporter selects packets."""

    domain: int
    kind: str  # What the rate is stated for: a sampler, an interface, the whole exporter.
    number: int  # Of the sampler or interface.
    interval: int  # N of 1-in-N; 0 unknown.
    algorithm: str  # Selector algorithm in words.
    origin: str  # What stated it.


class ExporterStatus(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The account of one exporter."""

    counts: dict[str, int] = {}  # By the reasons of the wire ledger.
    last_seen_ms: int = 0  # Arrival of its newest datagram; 0: never.
    newest_flow_ms: int = 0  # End of the newest flow that it sent; 0: none.
    templates: int = 0
    samplers: tuple[SamplerStatus, ...] = ()
    interfaces: dict[int, int] = {}  # Records of a sample, by the interface they came in by.


class WorkerState(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One worker process."""

    pid: int
    started_ms: int
    updated_ms: int


class RowCounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What became of the conversation records."""

    made: int = 0
    stored: int = 0  # Durable.
    removed_hour: int = 0  # Of hours that were removed for good.
    given_up: int = 0  # The disk refused them for too long.
    waiting: int = 0  # In memory or staged.


class CollectStatus(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The account of one worker, or of several together."""

    workers: dict[str, WorkerState] = {}  # By worker number, as text: JSON has no other keys.
    exporters: dict[str, ExporterStatus] = {}  # By name.
    counts: dict[str, int] = {}  # What no exporter can be blamed for: kernel drops, stalls ...
    refused: dict[str, int] = {}  # Datagrams by address that may not send.
    refused_own: int = 0  # Datagrams of such addresses in own networks: never named (R1).
    refused_others: int = 0  # Datagrams of further such addresses.
    over_limit: int = 0  # Datagrams of allowed addresses that got no number.
    gathered: int = 0  # Flow records that wait to become conversations.
    rows: RowCounts = RowCounts()

    def total(self, reason: str) -> int:
        """Give the sum of *reason* over all exporters, and what belongs to none."""
        return self.counts.get(reason, 0) + sum(
            each.counts.get(reason, 0) for each in self.exporters.values()
        )


class Account:
    """
    The counters of one worker, by exporter number; used by one thread.

    Notes:
        Absorbing a batch costs a few microseconds per exporter that is in it.
    """

    def __init__(self) -> None:
        self.own: Counter[str] = Counter()  # What no exporter can be blamed for.
        self.exporters: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._last_seen_ms: dict[int, int] = {}
        self._newest_flow_ms: dict[int, int] = {}
        self._hours: defaultdict[tuple[int, int], Counter[str]] = defaultdict(Counter)
        self._interfaces: defaultdict[int, Counter[int]] = defaultdict(Counter)

    def absorb(self, drained: Mapping[int, Mapping[str, int]], at_ms: int) -> None:
        """
        Add what a batch counted.

        Args:
            drained: By exporter number, as `Ledger.drain` gives it.
            at_ms: When the batch arrived, ms since the Unix epoch.
        """
        for source, counts in drained.items():
            self.exporters[source].update(counts)
            self._hours[source, at_ms // HOUR_MS].update(
                {reason: counts[reason] for reason in _HOURLY & counts.keys()}
            )
            if counts.get(DATAGRAMS):
                self._last_seen_ms[source] = at_ms

    def see(self, records: Exported) -> None:
        """Note how new the flows of each exporter are."""
        if not len(records):
            return
        newest = np.zeros(int(records.source.max()) + 1, np.int64)
        np.maximum.at(newest, records.source, records.ts_ms + records.duration_ms)
        for source in np.flatnonzero(newest):
            before = self._newest_flow_ms.get(int(source), 0)
            self._newest_flow_ms[int(source)] = max(before, int(newest[source]))

    def see_interfaces(self, source: NDArray[np.int32], in_if: NDArray[np.int64]) -> None:
        """
        Count a sample of records by the interface that they came in by.

        Args:
            source: Number of each record's exporter, shape (n,).
            in_if: Index of the interface, shape (n,); `wire.exported.NO_INTERFACE`.

        Notes:
            For operators who describe interfaces: which ones there are and how much each
            carries, not more. 1,024 records of 200 interfaces cost 0.08 ms.
        """
        named = (in_if >= 0) & (in_if <= _INDEX_MASK >> 1)
        index_bits = np.where(named, in_if, _INDEX_MASK)
        keys, records = np.unique(
            source.astype(np.int64) << _INDEX_BITS | index_bits, return_counts=True
        )
        for key, count in zip(keys.tolist(), records.tolist(), strict=True):
            seen, index = self._interfaces[key >> _INDEX_BITS], key & _INDEX_MASK
            index = NO_INTERFACE if index == _INDEX_MASK else index
            known = index in seen or len(seen) < MOST_INTERFACES
            seen[index if known else OTHER_INTERFACES] += count

    def exporter_status(
        self,
        name: Callable[[int], str],
        *,
        templates: Mapping[int, int],
        samplers: Mapping[int, Sequence[SamplerStatus]],
    ) -> dict[str, ExporterStatus]:
        """
        Give the account of every exporter.

        Args:
            name: Gives the name of an exporter by its number; two may share one.
            templates: How many templates are known, by exporter number.
            samplers: By exporter number.
        """
        found: dict[str, ExporterStatus] = {}
        for source in sorted({*self.exporters, *templates, *samplers}):
            status = ExporterStatus(
                counts=dict(self.exporters.get(source, {})),
                last_seen_ms=self._last_seen_ms.get(source, 0),
                newest_flow_ms=self._newest_flow_ms.get(source, 0),
                templates=templates.get(source, 0),
                samplers=tuple(samplers.get(source, ()))[:_MOST_SAMPLERS_SHOWN],
                interfaces=dict(self._interfaces.get(source, {})),
            )
            _put(found, name(source), status)
        return found

    def hand_over_hours(
        self, number: Callable[[int], int], add: Callable[[list[ExporterHour]], None]
    ) -> None:
        """
        Hand over what was counted by hour since the last time, for the case book to add.

        Args:
            number: Gives the exporter's number in the case book by its number here; 0 where
                it has none yet: its hours stay here.
            add: Takes the rows. If it raises, nothing is forgotten here: the next call
                hands over the same and what came since.
        """
        ready = [key for key in sorted(self._hours) if number(key[0])]
        add([row for key in ready for row in _hour_rows(number(key[0]), key[1], self._hours[key])])
        for key in ready:
            del self._hours[key]


def unaccounted(status: CollectStatus) -> int:
    """
    Give how many records and conversations are neither kept, stored nor dropped for a reason.

    Returns:
        0 when all is well; negative where something was counted twice.
    """
    records = status.total(RECORDS) - status.total(KEPT) - status.gathered
    records -= sum(status.total(reason) for reason in DROPPED)
    rows = status.rows
    left = rows.made - rows.stored - rows.removed_hour - rows.given_up - rows.waiting
    return records or left


def merge(statuses: Iterable[CollectStatus]) -> CollectStatus:
    """Add the accounts of several workers up; an exporter may have sent to more than one."""
    merged = CollectStatus()
    for each in statuses:
        merged.workers.update(each.workers)
        for name, exporter in each.exporters.items():
            _put(merged.exporters, name, exporter)
        merged.counts = _sum(merged.counts, each.counts)
        merged.refused = _sum(merged.refused, each.refused)
        merged.refused_own += each.refused_own
        merged.refused_others += each.refused_others
        merged.over_limit += each.over_limit
        merged.gathered += each.gathered
        merged.rows = RowCounts(
            **{
                name: getattr(merged.rows, name) + getattr(each.rows, name)
                for name in RowCounts.__struct_fields__
            }
        )
    return merged


def write_status(path: Path, status: CollectStatus) -> None:
    """
    Put *status* in place of the file at *path*, at once; it need not outlive a power cut.

    Raises:
        OSError: If the disk refuses; the old file stays.
    """
    draft = path.with_name(f".{path.name}.tmp")
    draft.unlink(missing_ok=True)  # Of another mode.
    with open(draft, "wb", opener=_for_owner) as file:
        file.write(msgspec.json.encode(status))
    draft.replace(path)


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def read_status(folder: Path) -> CollectStatus:
    """
    Read the accounts of all workers in *folder*, added up; empty where there is none.

    Raises:
        MalformedDocument: If one is not what a worker of this version writes.
    """
    return merge(_read(path) for path in sorted(folder.glob(STATUS_FILES)))


def _read(path: Path) -> CollectStatus:
    try:
        return msgspec.json.decode(path.read_bytes(), type=CollectStatus)
    except FileNotFoundError:
        return CollectStatus()  # Its worker has just ended.
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedDocument(
            "is no status of a collector of this version; remove it, the next one is written "
            "within seconds",
            str(path),
        ) from error


def _put(found: dict[str, ExporterStatus], name: str, status: ExporterStatus) -> None:
    before = found.get(name)
    if before is None:
        found[name] = status
        return
    known = dict.fromkeys(before.samplers + status.samplers)
    found[name] = ExporterStatus(
        counts=_sum(before.counts, status.counts),
        last_seen_ms=max(before.last_seen_ms, status.last_seen_ms),
        newest_flow_ms=max(before.newest_flow_ms, status.newest_flow_ms),
        templates=before.templates + status.templates,
        samplers=tuple(known),
        interfaces=dict(Counter(before.interfaces) + Counter(status.interfaces)),
    )


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {reason: one.get(reason, 0) + other.get(reason, 0) for reason in {**one, **other}}


_HOURLY: Final = frozenset(
    {DATAGRAMS, RECORDS, *SEQUENCED.values(), *LOST.values(), *LATE.values()}
)


def _hour_rows(exporter: int, hour: int, counts: Mapping[str, int]) -> list[ExporterHour]:
    """Make one row for each unit that counted; the first of them has datagrams and records."""
    counted = [
        (
            unit,
            counts.get(SEQUENCED[unit], 0),
            counts.get(LOST[unit], 0) - counts.get(LATE[unit], 0),
        )
        for unit in SequenceUnit
    ]
    present = [each for each in counted if each[1] or each[2]]
    rows = []
    for place, (unit, received, lost) in enumerate(present or [(SequenceUnit.DATAGRAMS, 0, 0)]):
        rows.append(
            ExporterHour(
                exporter=exporter,
                hour=hour,
                unit=unit,
                datagrams=0 if place else counts.get(DATAGRAMS, 0),
                records=0 if place else counts.get(RECORDS, 0),
                received=received,
                lost=lost,
            )
        )
    return [row for row in rows if row.datagrams or row.records or row.received or row.lost]
