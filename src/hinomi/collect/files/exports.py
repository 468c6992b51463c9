"""
Captures of flow exports: the datagrams that exporters sent, through the collector's decoders.

A file is gone through twice: first for what exporters say of their sampling and their start,
which often comes minutes after the records it holds for, then for the records. Data sets that
came before their template wait for it, as long as memory allows. The records are those of
exporters, not of the packets in the file: this is no packet capture (R3).

Source: see `wire.decoder`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa

from hinomi.collect.files.columns import Faults, durations, starts
from hinomi.collect.files.datagrams_of import NOT_UDP, read_datagrams, read_payloads
from hinomi.collect.files.delimited import Rows, settle
from hinomi.collect.files.flows import Flows, batches, constant, one_exporter
from hinomi.collect.files.framing import PCAP_MAGICS, PCAPNG_MAGIC
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.collect.wire.decoder import DATAGRAM_BYTES, DATAGRAMS, RECORDS, Decoder, KeptState
from hinomi.collect.wire.exported import Exported
from hinomi.collect.wire.meaning import counters
from hinomi.collect.wire.meaning import interpret as meaning
from hinomi.collect.wire.sequences.places import SEQUENCED
from hinomi.collect.wire.sets.definitions import TemplateLimits
from hinomi.collect.wire.sets.pending import SETS_WAITING, SETS_WITHOUT_TEMPLATE
from hinomi.collect.wire.sources import Sources
from hinomi.errors import MalformedDocument

_WAITING_BYTES: Final = 32 << 20
"""Sets without template that wait, of all exporters: more than most captures hold in all."""

_LIMITS: Final = TemplateLimits(
    waiting_bytes=_WAITING_BYTES, waiting_bytes_per_exporter=_WAITING_BYTES, waiting_ms=2**60
)
_DROPPED: Final = frozenset(
    {
        counters.COUNTS_ABSURD, meaning.NO_ADDRESSES, meaning.NO_COUNTERS, meaning.NO_PACKETS,
        meaning.NO_PROTOCOL, meaning.NOT_IP,
    }
)  # fmt: skip
"""Why a record of a datagram gives no flow; all other reasons of the decoders are notes."""

_NO_NEWS: Final = frozenset({DATAGRAM_BYTES, DATAGRAMS, RECORDS, SETS_WAITING, *SEQUENCED.values()})
"""Counts that are nothing to tell."""

_MALFORMED: Final = "malformed-"

_LOOKED_AT: Final = 1000
"""Datagrams at the beginning of a capture by which it is told what it is a capture of."""

_EXPORTS_OF_TEN: Final = 9
_FRAMES_PER_EXPORT: Final = 10
_V5_HEADER, _V5_RECORD, _V5_MOST = 24, 48, 30
_V9_HEADER, _IPFIX_HEADER, _SET_HEADER, _SFLOW_HEADER = 20, 16, 4, 28


def recognises(path: Path, start: bytes) -> bool:
    """
    Tell a capture of exports: nine in ten of its UDP datagrams are such.

    One in ten packets at least must be one too: in a capture of other traffic, the datagram
    of a lone exporter makes none of the rest go away.
    """
    if start[:4] not in PCAP_MAGICS and not start.startswith(PCAPNG_MAGIC):
        return False
    tally = Tally()
    seen, exports = 0, 0
    try:
        for payload in islice(read_payloads(path, tally), _LOOKED_AT):
            seen += 1
            exports += looks_like_export(payload.data)
            if seen + tally.notes[NOT_UDP] > _LOOKED_AT * _FRAMES_PER_EXPORT:
                break
    except MalformedDocument:
        pass  # Cut or damaged further on: whoever reads it says so.
    frames = seen + tally.notes[NOT_UDP]
    return (
        exports > 0
        and 10 * exports >= _EXPORTS_OF_TEN * seen
        and (exports * _FRAMES_PER_EXPORT >= frames)
    )


def looks_like_export(data: bytes) -> bool:
    """Tell NetFlow v5 and v9, IPFIX and sFlow v5 by header and lengths."""
    size, version = len(data), int.from_bytes(data[:2])
    count = int.from_bytes(data[2:4])
    if version == 5:  # noqa: PLR2004 - the version.
        return 0 < count <= _V5_MOST and size >= _V5_HEADER + count * _V5_RECORD
    if version == 9:  # noqa: PLR2004 - the version.
        return count > 0 and _holds_set(data, _V9_HEADER)
    if version == 10:  # noqa: PLR2004 - the version; count is the length here.
        return count <= size and (count == _IPFIX_HEADER or _holds_set(data, _IPFIX_HEADER))
    # sFlow: 32 bits of version, then the kind of address of the agent.
    return data[:7] == b"\0\0\0\5\0\0\0" and size >= _SFLOW_HEADER and data[7] in (1, 2)


def read(path: Path, options: ReadOptions, tally: Tally) -> Iterator[pa.RecordBatch]:
    """
    Yield the flow records in the datagrams of a capture.

    A datagram that its protocol forbids is counted and noted, and never stops the file: what
    was sent was sent.

    Raises:
        MalformedDocument: If the file is no capture, was cut or is damaged.
    """
    sources = Sources.allowing(["::/0"])
    known = _what_exporters_say(path, options)
    decoder = Decoder(sources, default_interval=options.sampling_interval, limits=_LIMITS)
    decoder.restore(known)
    for batch in read_datagrams(path, tally, sources):
        exported = decoder.decode(batch)
        _write_down(decoder, tally)
        if len(exported):
            tally.records += len(exported)
            yield from _records(exported, sources, path, options, tally)
    tally.note(SETS_WITHOUT_TEMPLATE, decoder.waiting)


def _what_exporters_say(path: Path, options: ReadOptions) -> KeptState:
    """Go through the file for rates and starts; templates hold from where they stand."""
    sources = Sources.allowing(["::/0"])
    decoder = Decoder(sources, default_interval=options.sampling_interval, limits=_LIMITS)
    for batch in read_datagrams(path, Tally(), sources):
        decoder.decode(batch)
        decoder.ledger.drain()
    return msgspec.structs.replace(decoder.keep(), templates=(), positions=())


def _write_down(decoder: Decoder, tally: Tally) -> None:
    """Sort what the decoders counted: dropped records, malformed things, other notes."""
    counted: Counter[str] = Counter()
    for counts in decoder.ledger.drain().values():
        counted.update(counts)
    for reason, count in counted.items():
        if reason in _DROPPED:
            tally.dropped[reason] += count
            tally.records += count
        elif reason not in _NO_NEWS:
            tally.note(reason, count)
        if reason.startswith(_MALFORMED):
            tally.malformed += count


def _records(
    exported: Exported, sources: Sources, path: Path, options: ReadOptions, tally: Tally
) -> Iterator[pa.RecordBatch]:
    count = len(exported)
    before = tally.records - count
    faults = Faults(count)
    ts_ms = starts(exported.ts_ms, "the start of the flow", faults, options, tally)
    plain = {
        field.name: getattr(exported, field.name).astype(np.int64)
        for field in fields(Flows)
        if field.name not in {"ts_ms", "duration_ms", "ingress", "exporter"}
    }
    if options.exporter is None:
        places = exported.source
        names = [sources.text(number) for number in range(len(sources.addresses))]
    else:
        places, names = one_exporter(count, options.exporter), [options.exporter]
    flows = Flows(
        ts_ms=ts_ms,
        duration_ms=durations(exported.duration_ms.astype(np.int64), "duration", faults, tally),
        ingress=constant(count, 0),
        exporter=places,
        **plain,
    )
    place = Rows(columns={}, count=count, line_of=lambda row: before + row + 1, has_lines=False)
    good = settle(place, faults, path, options, tally)
    yield from batches((flows,), good, tally, names, options)


def _holds_set(data: bytes, at: int) -> bool:
    """Tell whether a set with a header and a length that fits begins there."""
    length = int.from_bytes(data[at + 2 : at + 4])
    return _SET_HEADER <= length <= len(data) - at
