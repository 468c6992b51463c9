"""
A second, slow reading of export datagrams: how many flow records stand in each.

Written from the standards alone, one byte after the other, to hold the fast decoders against.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from exporting import VARIABLE

Layout = tuple[bool, tuple[int, ...]]
"""Whether a template describes options, and the length of each of its fields."""


@dataclass(slots=True)
class SlowReader:
    """Counts the flow records of one exporter's datagrams, and remembers its templates."""

    layouts: dict[tuple[int, int, int], Layout] = field(default_factory=dict)

    def records(self, payload: bytes) -> int:
        """Give how many flow records *payload* holds, by the templates sent so far."""
        version = int.from_bytes(payload[:2], "big") if len(payload) >= 4 else -1
        if version == 5 and len(payload) >= 24:
            return int.from_bytes(payload[2:4], "big")
        if version == 9 and len(payload) >= 20:
            domain = int.from_bytes(payload[16:20], "big")
            return sum(self._set(9, domain, *each) for each in _sets(payload, 20, len(payload)))
        if version == 10 and len(payload) >= 16:
            length, domain = (
                int.from_bytes(payload[at:end], "big") for at, end in ((2, 4), (12, 16))
            )
            end = min(length, len(payload))
            return sum(self._set(10, domain, *each) for each in _sets(payload, 16, end))
        if payload[:4] == b"\0\0\0\5":
            return sum(1 for kind in _samples(payload) if kind in {1, 3})
        return 0

    def _set(self, version: int, domain: int, number: int, body: bytes) -> int:
        if number in {0, 1, 2, 3}:
            if number in {9: (0, 1), 10: (2, 3)}[version]:
                self._learn(version, domain, body, is_options=number in {1, 3})
            return 0
        layout = self.layouts.get((version, domain, number))
        if layout is None or layout[0]:
            return 0
        return _records_in(body, layout[1])

    def _learn(self, version: int, domain: int, body: bytes, *, is_options: bool) -> None:
        at = 0
        while at + 4 <= len(body):
            number, count = struct.unpack_from(">HH", body, at)
            at += 4
            if number < 256:
                return
            if is_options and (version == 9 or count):
                if at + 2 > len(body):
                    return
                second = int.from_bytes(body[at : at + 2], "big")
                count = (count + second) // 4 if version == 9 else count
                at += 2
            self.layouts.pop((version, domain, number), None)
            lengths = []
            for _ in range(count):
                if at + 4 > len(body):
                    return
                element, length = struct.unpack_from(">HH", body, at)
                at += 8 if version == 10 and element & 0x8000 else 4
                lengths.append(length)
            if at <= len(body) and lengths:
                self.layouts[version, domain, number] = (is_options, tuple(lengths))


def _sets(payload: bytes, at: int, end: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= end:
        number, length = struct.unpack_from(">HH", payload, at)
        if length < 4 or at + length > end:
            return
        yield number, payload[at + 4 : at + length]
        at += length


def _records_in(body: bytes, lengths: tuple[int, ...]) -> int:
    least = sum(1 if length == VARIABLE else length for length in lengths)
    if not least:
        return 0
    found = at = 0
    while at + least <= len(body):
        for length in lengths:
            if length != VARIABLE:
                at += length
            elif at < len(body) and body[at] < 255:
                at += 1 + body[at]
            else:
                at += 3 + int.from_bytes(body[at + 1 : at + 3], "big")
        if at > len(body):
            break
        found += 1
    return found


def _samples(payload: bytes) -> Iterator[int]:
    """Yield the type of each whole sample of an sFlow datagram."""
    family = int.from_bytes(payload[4:8], "big")
    at = 8 + {1: 4, 2: 16}.get(family, len(payload)) + 12
    if at + 4 > len(payload):
        return
    count = int.from_bytes(payload[at : at + 4], "big")
    at += 4
    while count and at + 8 <= len(payload):
        kind, length = struct.unpack_from(">II", payload, at)
        at += 8 + length
        if at > len(payload):
            return
        yield kind
        count -= 1
