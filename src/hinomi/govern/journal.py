"""
The journal: an append-only record of what was done under which mandate (R10).

Its leaves are commitments: a time, and a keyed hash of what was done. What was done, its body,
lies beside them with the key of its hash. A body can be deleted when its time has come; the
leaf, and every proof over it, remains.
"""

import hmac
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, Self

from hinomi.clock import render_time
from hinomi.errors import HinomiError

SALT_BYTES: Final = 32
LEAF_BYTES: Final = 41

OWN_FIELDS: Final = frozenset({"index", "time"})
"""Fields of a body that the journal itself writes."""

_VERSION: Final = b"\x01"
_TIME_BYTES: Final = 8

Entry = Mapping[str, object]


class Journal(Protocol):
    """Where acts are recorded."""

    def append(self, entry: Entry) -> int:
        """
        Make *entry* durable and give its index, from 0.

        Raises:
            ValueError: If *entry* names a field of the journal's own (the caller's bug).
            Unavailable: If it may not have been written; the act must then not go on.
        """


class Altered(HinomiError):
    """The journal was altered: a person must find out by whom."""

    exit_code = 65  # EX_DATAERR


@dataclass(frozen=True, slots=True)
class Leaf:
    """
    What the tree holds of one entry: when, and a commitment to what.

    Notes:
        41 bytes: a version, the time as a signed integer and HMAC-SHA256(salt, body). The
        commitment tells nothing of the body without its salt, and fits no other body.
    """

    time_ms: int  # Since the Unix epoch, as the clock of the node had it.
    commitment: bytes

    def encode(self) -> bytes:
        """Give the bytes that are hashed into the tree."""
        return _VERSION + self.time_ms.to_bytes(_TIME_BYTES, signed=True) + self.commitment

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """
        Read the bytes of a leaf.

        Raises:
            Altered: If they are none.
        """
        if len(raw) != LEAF_BYTES or raw[:1] != _VERSION:
            raise Altered("the journal has an entry that is no commitment of hinomi's")
        time_ms = int.from_bytes(raw[1 : 1 + _TIME_BYTES], signed=True)
        return cls(time_ms, raw[1 + _TIME_BYTES :])


@dataclass(frozen=True, slots=True)
class Body:
    """What was done, with the salt that ties it to its leaf."""

    index: int
    time_ms: int  # Since the Unix epoch.
    salt: bytes = field(repr=False)
    text: bytes  # UTF-8, one line.

    def leaf(self) -> Leaf:
        """Give the leaf that commits to it."""
        return Leaf(self.time_ms, hmac.digest(self.salt, self.text, "sha256"))

    def encode(self) -> bytes:
        """Give its line, newline included."""
        head = f"{self.index} {self.time_ms} {self.salt.hex()} "
        return head.encode() + self.text + b"\n"

    def parse(self) -> dict[str, object]:
        """
        Read what it says.

        Raises:
            Altered: If it is no JSON object.
        """
        try:
            entry = json.loads(self.text)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            raise Altered(f"entry {self.index} of the journal says nothing readable")
        return {**entry, "index": self.index}

    @classmethod
    def decode(cls, line: bytes) -> Self:
        """
        Read a line that `encode` wrote.

        Raises:
            Altered: If it is none.
        """
        parts = line.removesuffix(b"\n").split(b" ", 3)
        try:
            index, time_ms, salt = (each.decode("ascii") for each in parts[:3])
            body = cls(int(index), int(time_ms), bytes.fromhex(salt), parts[3])
        except (ValueError, IndexError):
            body = None
        if body is None or len(body.salt) != SALT_BYTES or body.encode() != line:
            raise Altered("the journal has a body that is none")
        return body


def body_of(index: int, time_ms: int, entry: Entry) -> Body:
    """
    Make the body of a new entry.

    Args:
        index: Its place in the journal.
        time_ms: When, ms since the Unix epoch.
        entry: What was done.
    """
    if named := sorted(OWN_FIELDS & entry.keys()):
        raise ValueError(f"the journal itself writes {', '.join(named)}")
    told = {"index": index, "time": render_time(time_ms), **entry}
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Body(index, time_ms, os.urandom(SALT_BYTES), text.encode())


class MemoryJournal:
    """A journal for tests."""

    def __init__(self) -> None:
        self.kept: list[dict[str, object]] = []

    def append(self, entry: Entry) -> int:
        """Keep *entry*."""
        self.kept.append(dict(entry))
        return len(self.kept) - 1


def deleted_bodies(entries: Iterable[Entry]) -> list[tuple[int, int]]:
    """Give the ranges of bodies, end exclusive, that entries say were deleted."""
    found: list[tuple[int, int]] = []
    for entry in entries:
        ranges = entry.get("bodies_deleted")
        if isinstance(ranges, list):
            found += [(int(first), int(end)) for first, end in ranges]
    return found
