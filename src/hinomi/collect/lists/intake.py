"""
What every reader of list files hands its lines to: checks, counts, and no value repeated.

A bad line stops the list with file and line, unless the operator keeps the good ones.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hinomi.errors import MalformedDocument
from hinomi.model.address import Address, is_v4
from hinomi.model.listed import ListEntry, ListKind, Role

V4_BITS: Final = 96
"""Length of ::ffff:0:0/96, which holds all of IPv4: an IPv4 /24 is 96 + 24."""

_SHORTEST: Final = {True: V4_BITS + 8, False: 16}
"""Shortest prefix of a list that says something of single hosts, by "is IPv4"."""


Block = tuple[int, int]
"""A prefix, for looking up: the bits behind it, and those before them as a number."""


class BadLine(ValueError):
    """A line breaks its format; the text says how and repeats nothing of the line."""


class Intake:
    """
    Collects the entries of one list file.

    Args:
        path: For messages.
        kind: What the list says of its entries.
        keep_good: Count bad lines and go on, instead of stopping.
    """

    def __init__(self, path: Path, kind: ListKind, *, keep_good: bool) -> None:
        self.path = path
        self.entries: list[ListEntry] = []
        self.ignored: Counter[str] = Counter()
        self.malformed = 0
        self._kind = kind
        self._keep_good = keep_good

    @property
    def is_benign(self) -> bool:
        """Tell whether the list names what is harmless."""
        return self._kind is ListKind.BENIGN

    @contextmanager
    def line(self, number: int | None, item: str = "") -> Iterator[None]:
        """
        Read one line (or *item* of a document without lines) inside this context.

        A bad line is left out as a whole: what it added before it turned out bad goes too.

        Raises:
            MalformedDocument: If a `BadLine` is raised inside and good ones are not kept.
        """
        length, ignored = len(self.entries), self.ignored.copy()
        try:
            yield
        except BadLine as error:
            del self.entries[length:]
            self.ignored = ignored
            if not self._keep_good:
                reason = f"{item}: {error}" if item else str(error)
                raise MalformedDocument(reason, str(self.path), number) from None
            self.malformed += 1

    def add(self, entry: ListEntry) -> None:
        """
        Take *entry*, if it can say something of single hosts on a network.

        Addresses that no network carries to a host (unspecified, loopback, link-local,
        multicast) are counted as ``unroutable`` and left out of all lists but
        benign ones: feeds resolve names to 127.0.0.1 often enough. Private addresses
        are kept: inside a provider or a laboratory they are hosts like any other. So is
        240.0.0.0/4, which made-up worlds use since nobody has an address there.

        Raises:
            BadLine: If the prefix is so short that the list would speak of a good part
                of the internet: all of it in any list; in lists other than benign ones
                more than an IPv4 /8 or an IPv6 /16.
        """
        _refuse_all(entry.base, entry.length)
        if not self.is_benign:
            if is_unroutable(entry.base, entry.length):
                self.ignored["unroutable"] += 1
                return
            if entry.length < _SHORTEST[is_v4(entry.base)]:
                raise BadLine(f"the prefix is too short for a {self._kind} list")
        if self._kind is ListKind.SINKHOLES and entry.role is Role.UNKNOWN:
            entry = replace(entry, role=Role.SINKHOLE)
        self.entries.append(entry)

    def ignore(self, reason: str, count: int = 1) -> None:
        """Count what is well formed but names no address."""
        self.ignored[reason] += count


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFormat:
    """One format of list files."""

    name: str  # As `--format` takes it.
    recognises: Callable[[str], bool]  # From the whole text.
    read: Callable[[str, Intake], None]
    """
    Hand every line to the intake. Raises `MalformedDocument` where the text is not of
    this format as a whole, or at a bad line unless good ones are kept.
    """


def collapse(entries: Iterable[ListEntry]) -> tuple[tuple[ListEntry, ...], int]:
    """
    Make entries that name the same service one, and count how many that were too many.

    The one that stays has the widest span of listing, and the first stated role and label.
    """
    kept: dict[tuple[object, ...], ListEntry] = {}
    count = 0
    for entry in entries:
        count += 1
        key = (entry.base, entry.length, entry.proto, entry.port, entry.own)
        kept[key] = _merge(kept[key], entry) if key in kept else entry
    return tuple(kept.values()), count - len(kept)


def _merge(one: ListEntry, other: ListEntry) -> ListEntry:
    first = [t for t in (one.first_listed_ms, other.first_listed_ms) if t is not None]
    last = [t for t in (one.last_listed_ms, other.last_listed_ms) if t is not None]
    return replace(
        one,
        role=other.role if one.role is Role.UNKNOWN else one.role,
        label=one.label or other.label,
        first_listed_ms=min(first, default=None),
        last_listed_ms=max(last, default=None),
    )


def _refuse_all(base: Address, length: int) -> None:
    # A short IPv6 prefix around ::ffff:0:0/96 would take in all IPv4 as we hold it.
    holds_v4 = length <= V4_BITS and is_within(
        Address(0, 0xFFFF << 32), (make_block(base, length),)
    )
    if holds_v4 or length == 0:
        raise BadLine("the prefix covers a whole internet")


def make_block(base: Address, length: int) -> Block:
    """Give the block of all addresses whose first *length* bits are those of *base*."""
    shift = 128 - length
    return shift, _number(base) >> shift


def is_within(base: Address, blocks: Iterable[Block], *, length: int = 128) -> bool:
    """Tell whether a prefix, an address where no *length* is given, lies in one of *blocks*."""
    number = _number(base)
    return any(
        number >> shift == bits and length + shift >= 128  # noqa: PLR2004 - of an address.
        for shift, bits in blocks
    )


def is_unroutable(base: Address, length: int = 128) -> bool:
    """Tell whether no network carries anything to a host of this prefix."""
    return is_within(base, _UNROUTABLE, length=length)


def _number(address: Address) -> int:
    return ((address.hi % (1 << 64)) << 64) | (address.lo % (1 << 64))


_UNROUTABLE: Final = tuple(
    make_block(Address(hi, lo), length)
    for hi, lo, length in (
        (0, 0xFFFF_0000_0000, V4_BITS + 8),  # 0.0.0.0/8, RFC 791.
        (0, 0xFFFF_7F00_0000, V4_BITS + 8),  # 127.0.0.0/8, RFC 1122.
        (0, 0xFFFF_A9FE_0000, V4_BITS + 16),  # 169.254.0.0/16, RFC 3927.
        (0, 0xFFFF_E000_0000, V4_BITS + 4),  # 224.0.0.0/4, multicast, RFC 1112.
        (0, 0xFFFF_FFFF_FFFF, 128),  # The limited broadcast, RFC 919.
        (0, 0, 127),  # :: and ::1, RFC 4291.
        (0xFE80 << 48, 0, 10),  # Link-local, RFC 4291.
        (0xFF00 << 48, 0, 8),  # Multicast, RFC 4291.
    )
)
