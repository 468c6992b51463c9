"""RIB dumps by RFC 6396: the golden file is built byte by byte."""

import io
import ipaddress
import random
import tracemalloc
from pathlib import Path

import pytest

from hinomi.collect.context import mrt
from hinomi.collect.context.intake import Intake
from hinomi.errors import MalformedDocument
from ribs import (
    CONFEDERATION,
    IPV4_PATHS,
    IPV6,
    IPV6_PATHS,
    SEQUENCE,
    SET,
    attributes,
    dump,
    rib,
    route,
    segment,
)
from ribs import mrt as record

GOLDEN = bytes.fromhex(
    # Header: 2025-01-01, TABLE_DUMP_V2, PEER_INDEX_TABLE, 25 bytes (RFC 6396, section 2).
    "67748580 000d 0001 00000019"
    # Collector, name "view", one peer: IPv4 with a four-byte AS, id, address, AS 64496 (4.3.1).
    "c0000201 0004 76696577 0001 02 c0000202 c0000202 0000fbf0"
    # Header: RIB_IPV4_UNICAST, 49 bytes.
    "67748580 000d 0002 00000031"
    # Sequence 0, 198.51.100.0/24, one entry of peer 0 with 31 bytes of attributes (4.3.2).
    "00000000 18 c63364 0001 0000 67748580 001f"
    # ORIGIN IGP; AS_PATH: AS_SEQUENCE 64496 64511; NEXT_HOP.
    "40010100 4002 0a 02 02 0000fbf0 0000fbff 400304c0000202"
    # MULTI_EXIT_DISC 0: an attribute behind those that are looked at.
    "80040400000000"
)
"""One route to 198.51.100.0/24 that AS 64511 originates."""


_TABLE = 12 + 25
"""Bytes of the peer table with its header."""


def rows(data: bytes, day: str = "2025-01-01") -> tuple[list[tuple[str, int]], dict[str, int]]:
    """Read a dump; give first address and origin of each prefix, and what was left out."""
    intake = Intake(Path("dump"), day)
    first, _, asn = mrt.read(io.BytesIO(data), intake)
    texts = [
        str(ipaddress.IPv4Address(each) if each < 2**32 else ipaddress.IPv6Address(each << 64))
        for each in first.tolist()
    ]
    return list(zip(texts, asn.tolist(), strict=True)), dict(intake.ignored)


def test_the_golden_dump_is_read() -> None:
    """Each byte stands where the RFC puts it; the last AS of the path is the origin."""
    assert rows(GOLDEN) == ([("198.51.100.0", 64511)], {})


def test_the_builder_agrees_with_the_golden_bytes() -> None:
    """What the other tests build begins as the golden file does."""
    assert GOLDEN.startswith(dump()[:_TABLE])
    assert mrt.recognises(GOLDEN)


def test_ipv6_and_additional_paths_are_read() -> None:
    """All four unicast subtypes give a prefix with its origin."""
    data = dump(
        rib("2001:db8::/32", [route(64496, 64500)], subtype=IPV6),
        rib("198.51.100.0/24", [route(64501)], subtype=IPV4_PATHS),
        rib("3fff::/24", [route(64502)], subtype=IPV6_PATHS),
    )

    assert rows(data)[0] == [("2001:db8::", 64500), ("198.51.100.0", 64501), ("3fff::", 64502)]


def test_most_peers_decide_on_the_origin() -> None:
    """Of two origins the one that more routes name is kept, whichever came first."""
    data = dump(rib("198.51.100.0/24", [route(64499), route(1, 64500), route(2, 64500)]))

    assert rows(data)[0] == [("198.51.100.0", 64500)]


@pytest.mark.parametrize(
    ("segments", "origin"),
    [
        ([segment(SEQUENCE, 64496), segment(SET, 64500)], 64500),
        ([segment(SEQUENCE, 64496), segment(SEQUENCE, 64501)], 64501),
        ([segment(SEQUENCE, 64496), segment(CONFEDERATION, 64511)], 64496),
        ([segment(SEQUENCE, 4_200_000_000)], 4_200_000_000),
    ],
)
def test_the_last_as_of_a_path_is_the_origin(segments: list[bytes], origin: int) -> None:
    """Of several segments the last counts, a set of one as well, confederations never."""
    data = dump(rib("198.51.100.0/24", [attributes(*segments)]))

    assert rows(data)[0] == [("198.51.100.0", origin)]


@pytest.mark.parametrize("segments", [[], [segment(SEQUENCE, 64496), segment(SET, 64500, 64501)]])
def test_a_route_without_one_origin_has_none(segments: list[bytes]) -> None:
    """An empty path and an aggregate of several are counted, not guessed."""
    data = dump(rib("198.51.100.0/24", [attributes(*segments)]))

    assert rows(data) == ([], {"no-origin": 1})


def test_an_extended_length_is_read() -> None:
    """A long path has its length in two bytes."""
    path = segment(SEQUENCE, *range(64496, 64512), *[64511] * 60)

    data = dump(rib("198.51.100.0/24", [attributes(path, extended=True)]))

    assert rows(data)[0] == [("198.51.100.0", 64511)]


def test_host_bits_of_a_prefix_are_cleared() -> None:
    """Trailing bits of the last byte mean nothing (RFC 4271, section 4.3)."""
    clean = rib("198.18.96.0/20", [route(64500)])
    dirty = clean.replace(bytes([20, 198, 18, 96]), bytes([20, 198, 18, 111]))

    assert clean != dirty
    assert rows(dump(dirty)) == rows(dump(clean))


def test_other_records_are_counted() -> None:
    """Updates and multicast beside the routes are no failure; a default route says nothing."""
    data = dump(record(16, 4, b"\0" * 20), rib("0.0.0.0/0", [route(64500)]), record(13, 3, b""))

    assert rows(data) == ([], {"other-record": 2, "default-route": 1})


def test_a_dump_made_after_its_day_is_refused() -> None:
    """The header's time is later than the day it was given for (R19)."""
    with pytest.raises(MalformedDocument, match="was made after 2024-12-31"):
        rows(GOLDEN, day="2024-12-31")


def test_the_older_form_is_refused_by_its_name() -> None:
    """TABLE_DUMP has two-byte AS numbers in another layout."""
    with pytest.raises(MalformedDocument, match="TABLE_DUMP_V2 is read"):
        rows(record(12, 1, b"\0" * 30))


def test_every_cut_is_noticed() -> None:
    """Wherever a file ends inside a record, that is said; only whole records pass."""
    bounds = {0, _TABLE, len(GOLDEN)}
    for size in set(range(len(GOLDEN))) - bounds:
        with pytest.raises(MalformedDocument, match="cut"):
            rows(GOLDEN[:size])


def test_damage_is_told_in_one_way() -> None:
    """Any byte may be wrong: the result is rows or `MalformedDocument`, nothing else."""
    dice = random.Random(6396)  # noqa: S311 - made-up damage, no secret.
    data = bytearray(dump(*(rib(f"198.18.{n}.0/24", [route(64496, 64500)]) for n in range(8))))
    refused = 0
    for _ in range(600):
        broken = bytearray(data)
        for _ in range(3):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        try:
            rows(bytes(broken), day="2099-12-31")
        except MalformedDocument:
            refused += 1

    assert 0 < refused < 600


def test_memory_does_not_grow_with_the_routes_of_a_prefix() -> None:
    """A record is read and let go: fifty times the bytes take no more memory at the peak."""

    class Endless(io.RawIOBase):
        """Gives the same record again and again, and holds it once."""

        def __init__(self, part: bytes, times: int) -> None:
            self._part, self._left, self._rest = part, times, b""

        def read(self, size: int = -1) -> bytes:
            if not self._rest and self._left:
                self._rest, self._left = self._part, self._left - 1
            taken, self._rest = self._rest[:size], self._rest[size:]
            return taken

    part = rib("198.51.100.0/24", [route(64496, 64500)] * 2000)
    peaks = []
    for times in (4, 200):
        tracemalloc.start()
        mrt.read(Endless(part, times), Intake(Path("dump"), "2025-01-01"))  # type: ignore[arg-type]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert len(part) * 200 > 10_000_000
    assert peaks[1] < peaks[0] + len(part)
