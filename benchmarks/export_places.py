"""
Where in export datagrams the numbers stand that a replay must change.

Read plainly and one by one, apart from hinomi's own decoders: this is what they are measured with.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

_MS_TIMES: Final = frozenset({152, 153})  # flowStart- and flowEndMilliseconds.
_SOURCE_V4: Final = 8
_VARIABLE: Final = 0xFFFF

_Layout = tuple[tuple[int, int], ...]
"""Number and length of each field of a template; 0 for a number of a vendor's."""


@dataclass(slots=True)
class Places:
    """What was found in one datagram; places are bytes from its beginning."""

    records: int = 0  # Flow records or flow samples.
    units: int = 1  # What its sequence number counts.
    stream: tuple[int, int, int] = (0, 0, 0)  # Version and whom it counts for.
    sequence: int = 0
    seconds: int | None = None  # Export time.
    uptime: int | None = None
    times_ms: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)  # IPv4 source addresses.


def find(payloads: Sequence[bytes]) -> list[Places]:
    """Find the places in datagrams of one exporter; templates hold from where they stand on."""
    templates: dict[tuple[int, int, int], _Layout] = {}
    options: set[tuple[int, int, int]] = set()
    found = []
    for payload in payloads:
        version = int.from_bytes(payload[:2], "big")
        if version == 5:
            found.append(_v5(payload))
        elif version in {9, 10}:
            found.append(_sets(payload, version, templates, options))
        elif payload[:4] == b"\0\0\0\5":
            found.append(_sflow(payload))
        else:
            raise ValueError(f"datagram {len(found) + 1} is of no protocol that is known here")
    return found


def _v5(payload: bytes) -> Places:
    count = int.from_bytes(payload[2:4], "big")
    return Places(
        records=count,
        units=count,
        stream=(5, payload[20], payload[21]),
        sequence=16,
        seconds=8,
        uptime=4,
        sources=[24 + 48 * row for row in range(count)],
    )


def _sets(
    payload: bytes,
    version: int,
    templates: dict[tuple[int, int, int], _Layout],
    options: set[tuple[int, int, int]],
) -> Places:
    head, sequence, seconds, domain = (20, 12, 8, 16) if version == 9 else (16, 8, 4, 12)
    number = int.from_bytes(payload[domain : domain + 4], "big")
    places = Places(stream=(version, number, 0), sequence=sequence, seconds=seconds)
    places.uptime = 4 if version == 9 else None
    data_records, at = 0, head
    while at + 4 <= len(payload):
        kind, size = struct.unpack_from("!HH", payload, at)
        ends = min(at + size, len(payload))
        if size < 4:
            break
        if kind in {0, 1, 2, 3}:
            _learn(payload[at + 4 : ends], (version, number, kind), templates, options)
        elif (layout := templates.get((version, number, kind))) is not None:
            is_options = (version, number, kind) in options
            data_records += _records(
                payload, (at + 4, ends), layout, places, is_flow=not is_options
            )
        at += size
    places.units = 1 if version == 9 else data_records
    return places


def _learn(
    body: bytes,
    key: tuple[int, int, int],
    templates: dict[tuple[int, int, int], _Layout],
    options: set[tuple[int, int, int]],
) -> None:
    version, domain, kind = key
    at = 0
    while at + 4 <= len(body):
        number, count = struct.unpack_from("!HH", body, at)
        at += 4
        if number < 256:
            return  # Padding.
        known = (version, domain, number)
        options.discard(known)
        if kind in {1, 3}:
            options.add(known)
            if kind == 1:  # Bytes of scopes, then bytes of options.
                count = (count + int.from_bytes(body[at : at + 2], "big")) // 4
            at += 2
        fields = []
        for _ in range(count):
            element, length = struct.unpack_from("!HH", body, at)
            at += 4
            if element & 0x8000 and version == 10:
                at, element = at + 4, 0
            fields.append((element, length))
        templates[known] = tuple(fields)


def _records(
    payload: bytes, span: tuple[int, int], layout: _Layout, places: Places, *, is_flow: bool
) -> int:
    """Walk the records of a set; give their number."""
    at, ends = span
    least = max(1, sum(1 if length == _VARIABLE else length for _, length in layout))
    count = 0
    while at + least <= ends:
        for element, stated in layout:
            length = stated
            if stated == _VARIABLE:
                length, at = payload[at], at + 1
                if length == 255:
                    length, at = int.from_bytes(payload[at : at + 2], "big"), at + 2
            if is_flow and element == _SOURCE_V4 and length == 4:
                places.sources.append(at)
            elif is_flow and element in _MS_TIMES and length == 8:
                places.times_ms.append(at)
            at += length
        count += 1
    places.records += count if is_flow else 0
    return count


def _sflow(payload: bytes) -> Places:
    after = 12 + (4 if payload[7] == 1 else 16) - 4
    sub_agent, _, _, count = struct.unpack_from("!IIII", payload, after)
    places = Places(stream=(0, sub_agent, 0), sequence=after + 4)
    at = after + 16
    for _ in range(count):
        kind, size = struct.unpack_from("!II", payload, at)
        at += 8
        if kind in {1, 3}:
            places.records += 1
            source = _sampled_source(payload, at + (28 if kind == 1 else 40))
            places.sources += [source] if source is not None else []
        at += size
    return places


def _sampled_source(payload: bytes, at: int) -> int | None:
    """Find the IPv4 source in the raw Ethernet header of a sample."""
    count, at = int.from_bytes(payload[at : at + 4], "big"), at + 4
    for _ in range(count):
        kind, size = struct.unpack_from("!II", payload, at)
        at += 8
        if kind == 1 and payload[at + 3] == 1:
            network = at + 16 + 14
            while payload[network - 2 : network] in {b"\x81\x00", b"\x88\xa8"}:
                network += 4
            return network + 12 if payload[network - 2 : network] == b"\x08\x00" else None
        at += size
    return None
