"""
NetFlow v9 and IPFIX: datagrams of one version in, groups of records out.

Order counts: a template holds for the sets behind it, in its datagram and in later ones of
its stream. Everything else is done for all datagrams of a batch at once.

Source: RFC 3954; RFC 7011.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.datagrams import Datagrams
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.sets import ipfix, netflow9
from hinomi.collect.wire.sets.definitions import (
    LEAST_DATA_SET,
    OPTIONS_SETS,
    TEMPLATE_SETS,
    TemplateLimits,
)
from hinomi.collect.wire.sets.groups import Decoded, Headers, RecordGroup
from hinomi.collect.wire.sets.layouts import NO_LAYOUT
from hinomi.collect.wire.sets.pending import Pending, headers_with, lay_out
from hinomi.collect.wire.sets.records import Outcome, decode_sets
from hinomi.collect.wire.sets.templates import (
    SETS_UNCONFIRMED,
    Change,
    KeptTemplate,
    Origins,
    Templates,
    keys_of,
)
from hinomi.collect.wire.sets.walk import Messages, Sets, walk
from hinomi.collect.wire.streams import Streams

MALFORMED_SET: Final = "malformed-set"
"""Datagrams with a set that is shorter than its header or leaves the datagram; what was before
it is decoded."""

SETS_TOO_MANY: Final = "sets-too-many"
"""Datagrams with more sets than are looked at; the first ones are decoded."""

SETS_RESERVED: Final = "sets-reserved"
"""Sets whose number means nothing in their version; passed over."""

MALFORMED_DATA_SET: Final = "malformed-data-set"
"""Data sets with a record that runs out of the set; those before it are decoded."""

RECORDS_TOO_MANY: Final = "records-too-many"
"""Data sets with more records of variable length than are looked at."""

PADDING_ODD: Final = "padding-odd"
"""Data sets with something else than zeros behind the last record: the template may be stale."""

RECORDS_UNREAD: Final = "records-unread"
"""Records whose template has no field that is read."""

FIELDS_DISCARDED: Final = "fields-discarded"
"""Fields of records that are not read and were left where they are."""

PAYLOAD_DISCARDED: Final = "payload-discarded"
"""Those of the discarded fields that may hold payload, names or addresses of pages."""

TEMPLATES_IN_DOUBT: Final = "templates-in-doubt"
"""Times that an exporter's sysUptime went back: its old templates are no longer trusted."""

UNKNOWN_UNITS: Final = -1

_V9: Final = 9


class SetDecoder:
    """
    Decodes the datagrams of one version, and remembers its templates.

    Notes:
        No datagram makes it raise. Memory is bounded by `TemplateLimits` and by the
        numbers that `Streams` gives.
    """

    def __init__(
        self, version: int, streams: Streams, ledger: Ledger, limits: TemplateLimits | None = None
    ) -> None:
        """
        Begin without templates.

        Args:
            version: 9 or 10 (IPFIX).
            streams: Numbers of the streams; shared with other decoders.
            ledger: Where everything left out is counted.
            limits: What exporters may make it remember.
        """
        chosen = limits or TemplateLimits()
        self._version = version
        self._streams = streams
        self._ledger = ledger
        self._read = netflow9.read_headers if version == _V9 else ipfix.read_headers
        self._template_sets = (TEMPLATE_SETS[version], OPTIONS_SETS[version])
        self._templates = Templates(version, streams, ledger, chosen)
        self._pending = Pending(ledger, chosen)
        self._uptimes = netflow9.Uptimes()

    @property
    def waiting(self) -> int:
        """Data sets that wait for their template."""
        return len(self._pending)

    def decode(self, batch: Datagrams) -> Decoded:
        """
        Decode datagrams.

        Args:
            batch: Datagrams whose version field is this decoder's, in their order.

        Returns:
            Their records by layout, and those of earlier sets whose template came now.
        """
        messages = self._read(batch, self._streams, self._ledger)
        headers = messages.headers
        fresh = headers.source.size
        if not fresh:
            return Decoded(headers=headers, fresh=0, units=np.zeros(0, np.int64), groups=[])
        self._note_restarts(headers)
        sets, doubtful = self._walk(batch.buffer, messages)
        position = np.arange(len(sets))
        keys = keys_of(headers.stream[sets.row], sets.number)
        is_data = sets.number >= LEAST_DATA_SET
        changes: list[Change] = []
        if not is_data.all():
            changes = self._learn(batch.buffer, sets, ~is_data, headers)
            sets, keys, position = sets.take(is_data), keys[is_data], position[is_data]
        numbers = self._templates.find(keys, position, changes)
        is_known = numbers != NO_LAYOUT
        if not is_known.all():
            missing = sets.take(~is_known)
            self._pending.hold(batch.buffer, missing, keys[~is_known], headers)
            doubtful.append(missing.row)
            sets, keys, numbers = sets.take(is_known), keys[is_known], numbers[is_known]
        outcome = decode_sets(batch.buffer, sets, numbers, self._templates.layouts.by_number)
        self._count(headers.source[sets.row], keys, outcome)
        self._streams.credit(headers.stream[sets.row[outcome.records > 0]])
        doubtful.append(sets.row[outcome.is_cut | outcome.is_crowded])
        units = self._units(fresh, sets.row, outcome.records, doubtful)
        late, headers = self._late(changes, headers)
        self._pending.expire(int(batch.arrived_ms.max()))
        self._templates.layouts.sweep()
        groups = sorted([*late, *outcome.groups], key=lambda group: not group.is_options)
        return Decoded(headers=headers, fresh=fresh, units=units, groups=groups)

    def settle(self) -> None:
        """Give up what still waits: for the end of collection."""
        self._pending.give_up_all()

    def snapshot(self) -> list[KeptTemplate]:
        """Give all templates, to be kept over a restart of the collector."""
        return self._templates.snapshot()

    def restore(self, kept: Iterable[KeptTemplate]) -> None:
        """Take up templates of an earlier run; those of another version are left."""
        self._templates.restore(kept)

    def _note_restarts(self, headers: Headers) -> None:
        if self._version != _V9:
            return
        for stream in self._uptimes.restarted(headers, len(self._streams.known)).tolist():
            self._ledger.add(self._streams.known[stream].source, TEMPLATES_IN_DOUBT)
            self._templates.distrust(stream)

    def _walk(
        self, buffer: NDArray[np.uint8], messages: Messages
    ) -> tuple[Sets, list[NDArray[np.int64]]]:
        """Find the sets, and the datagrams of which some may have been missed."""
        walked = walk(buffer, messages.begin, messages.end)
        source = messages.headers.source
        self._ledger.add_rows(source[walked.broken], MALFORMED_SET)
        self._ledger.add_rows(source[walked.crowded], SETS_TOO_MANY)
        return walked.sets, [walked.broken, walked.crowded, np.flatnonzero(~messages.is_whole)]

    def _learn(
        self, buffer: NDArray[np.uint8], sets: Sets, which: NDArray[np.bool_], headers: Headers
    ) -> list[Change]:
        """Take in the sets that hold no data."""
        first, second = self._template_sets
        is_template = which & ((sets.number == first) | (sets.number == second))
        reserved = sets.row[which & ~is_template]
        self._ledger.add_rows(headers.source[reserved], SETS_RESERVED)
        position = np.flatnonzero(is_template)
        row = sets.row[position]
        origins = Origins(headers.stream[row], headers.arrived_ms[row], position)
        return self._templates.learn(buffer, sets.take(position), origins)

    def _late(self, changes: list[Change], headers: Headers) -> tuple[list[RecordGroup], Headers]:
        """Decode what waited for the templates that came."""
        known = self._streams.known
        sources = {known[change.key >> 16].source for change in changes}
        released = self._pending.release(self._templates.has, sources) if sources else []
        if not released:
            return [], headers
        buffer, sets = lay_out(released, headers.source.size)
        headers = headers_with(headers, released)
        keys = sets.number
        numbers = self._templates.find(keys, np.zeros(keys.size, np.int64), [])
        outcome = decode_sets(buffer, sets, numbers, self._templates.layouts.by_number, buffer)
        self._count(headers.source[sets.row], keys, outcome)
        self._streams.credit(headers.stream[sets.row[outcome.records > 0]])
        return outcome.groups, headers

    def _units(
        self,
        fresh: int,
        row: NDArray[np.int64],
        records: NDArray[np.int64],
        doubtful: list[NDArray[np.int64]],
    ) -> NDArray[np.int64]:
        """Count what sequence numbers count: datagrams in v9, data records in IPFIX."""
        if self._version == _V9:
            return np.ones(fresh, np.int64)
        units = np.bincount(row, weights=records, minlength=fresh).astype(np.int64)
        units[np.concatenate(doubtful)] = UNKNOWN_UNITS
        return units

    def _count(self, source: NDArray[np.int32], keys: NDArray[np.int64], outcome: Outcome) -> None:
        """Write down what was left out of data sets."""
        for reason, weight in (
            (RECORDS_UNREAD, outcome.unread),
            (FIELDS_DISCARDED, outcome.discarded),
            (PAYLOAD_DISCARDED, outcome.payload),
        ):
            if weight.any():
                self._ledger.add_rows(source, reason, weight)
        for reason, which in (
            (MALFORMED_DATA_SET, outcome.is_cut),
            (RECORDS_TOO_MANY, outcome.is_crowded),
            (PADDING_ODD, outcome.is_odd),
            (SETS_UNCONFIRMED, self._templates.unconfirmed(keys)),
        ):
            if which.any():
                self._ledger.add_rows(source[which], reason)
