"""Headers and groups of records as set decoders hand them on, made by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from builders import NOON_MS
from hinomi.collect.wire.exported import DTYPES, Exported
from hinomi.collect.wire.sets.groups import UNKNOWN_UPTIME, Headers, RecordGroup, element
from hinomi.collect.wire.streams import Streams
from hinomi.model.address import Address, parse_address, render_address

UPTIME_MS = 3_600_000
"""How long the exporters of these tests have been running at `NOON_MS`."""

BUFFER = np.zeros(64, np.uint8)
"""The buffer of a batch that no record points into."""

_WIDEST = np.uint64


def headers(
    streams: Streams | None = None,
    *,
    datagrams: int = 1,
    version: int = 9,
    sources: Sequence[int] = (0,),
    domains: Sequence[int] = (0,),
    export_ms: int | Sequence[int] = NOON_MS,
    arrived_ms: int | Sequence[int] = NOON_MS,
    uptime_ms: int | Sequence[int] | None = None,
) -> Headers:
    """Give the headers of *datagrams*; sequences have one value for each or one for all."""
    if uptime_ms is None:
        uptime_ms = UNKNOWN_UPTIME if version == 10 else UPTIME_MS
    source = np.resize(np.array(sources, np.int32), datagrams)
    domain = np.resize(np.array(domains, np.int64), datagrams)
    return Headers(
        source=source,
        domain=domain,
        stream=(Streams() if streams is None else streams).numbers(source, version, domain),
        sequence=np.arange(datagrams, dtype=np.int64),
        export_ms=np.resize(np.array(export_ms, np.int64), datagrams),
        uptime_ms=np.resize(np.array(uptime_ms, np.int64), datagrams),
        arrived_ms=np.resize(np.array(arrived_ms, np.int64), datagrams),
    )


def columns(numbers: Mapping[int | tuple[int, int], Sequence[int]]) -> dict[int, Any]:
    """Lay numbers out by element, or by element and enterprise, as 8-byte columns."""
    return {
        element(*key) if isinstance(key, tuple) else element(key): np.array(values, _WIDEST)
        for key, values in numbers.items()
    }


def group(
    numbers: Mapping[int | tuple[int, int], Sequence[int]],
    *,
    version: int = 9,
    datagram: Sequence[int] | None = None,
    scope: Sequence[int] | None = None,
    six: Mapping[int, Sequence[str]] | None = None,
    frames: Mapping[int, Sequence[tuple[int, int]]] | None = None,
) -> RecordGroup:
    """
    Make a group of records; with a *scope*, of keys, they are options.

    Addresses of IPv4 (elements 8 and 12) are numbers; *six* has those of IPv6 as text.
    """
    laid = columns(numbers)
    rows = max([len(each) for each in (*laid.values(), *(six or {}).values(),
                                       *(frames or {}).values())], default=0)  # fmt: skip
    parsed = {
        element(key): [parse_address(text) for text in texts] for key, texts in (six or {}).items()
    }
    return RecordGroup(
        version=version,
        is_options=scope is not None,
        scope=tuple(scope or ()),
        datagram=np.array([0] * rows if datagram is None else datagram, np.int64),
        numbers=laid,
        addresses={
            key: (
                np.array([each.hi for each in all_of], np.int64),
                np.array([each.lo for each in all_of], np.int64),
            )
            for key, all_of in parsed.items()
        },
        frames={
            element(key): (
                np.array([at for at, _ in places], np.int64),
                np.array([size for _, size in places], np.int64),
            )
            for key, places in (frames or {}).items()
        },
        discarded=0,
    )


def v4(text: str) -> int:
    """Give an IPv4 address as the number that decoders read."""
    return parse_address(text).lo & 0xFFFFFFFF


def flow(**changed: Sequence[int]) -> dict[int | tuple[int, int], Sequence[int]]:
    """
    Describe one TCP flow of 10 packets and 1,000 bytes; `ie_6=[2]` changes element 6.

    An element changed to no values is left out; `ie_1_29305` is one of the way back.
    """
    described: dict[int | tuple[int, int], Sequence[int]] = {
        8: [v4("192.0.2.1")], 12: [v4("198.51.100.1")], 4: [6], 6: [0x18], 7: [40_000], 11: [443],
        1: [1_000], 2: [10], 10: [3], 14: [4],
        22: [UPTIME_MS - 10_000], 21: [UPTIME_MS - 5_000],
    }  # fmt: skip
    for name, values in changed.items():
        number, *enterprise = (int(part) for part in name.removeprefix("ie_").split("_"))
        described[(number, enterprise[0]) if enterprise else number] = values
    return {key: values for key, values in described.items() if len(values)}


def rows_of(exported: Exported) -> list[dict[str, Any]]:
    """Lay records out as rows; `src` and `dst` are addresses as text."""
    laid = {name: getattr(exported, name).tolist() for name in DTYPES}
    rows = [dict(zip(laid, values, strict=True)) for values in zip(*laid.values(), strict=True)]
    for row in rows:
        for end in ("src", "dst"):
            row[end] = render_address(Address(row.pop(f"{end}_hi"), row.pop(f"{end}_lo")))
    return rows
