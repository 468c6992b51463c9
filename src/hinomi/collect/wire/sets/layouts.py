"""
Layouts: what templates with the same bytes have in common, compiled once for all exporters.

A layout knows where in a record the wanted fields stand, as structured types for numpy:
fields that are not wanted cost nothing.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from hinomi.collect.wire.sets.definitions import Definition, Field
from hinomi.collect.wire.sets.elements import (
    VARIABLE,
    WANTED,
    Kind,
    is_payload_like,
    is_possible,
)

NO_LAYOUT: Final = -1
"""Number of the layout of a template that is not known."""

_PROTOCOL: Final = 4
_VERSIONS: Final = ((8, 12), (27, 28))
"""Source and destination address, of IPv4 and of IPv6."""

_OF_HEADER: Final = frozenset({_PROTOCOL, 6, 7, 11, 32, 139, 176, 177, 178, 179}).union(*_VERSIONS)
"""Elements that tell of one IP header: protocol, flags, ports, ICMP types, addresses."""

_READ_WIDTH: Final = {1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 8: 8}
"""Bytes read for a number by its bytes on the wire: more than it has are shifted out."""


class Number(NamedTuple):
    """A wanted number in a block."""

    key: int
    name: str  # Of its field in the block's type.
    shift: int  # Bits that belong to what follows.


class Address(NamedTuple):
    """A wanted IPv6 address in a block."""

    key: int
    high: str
    low: str


class Frame(NamedTuple):
    """Wanted octets of a fixed length in a block."""

    key: int
    offset: int  # Bytes from the beginning of the block.
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Fields of fixed length in a row: a whole record, or what lies between variable ones."""

    length: int  # Bytes on the wire.
    skip: int  # Bytes before the first wanted number or address.
    dtype: np.dtype[np.void] | None  # Of those, from there on; None if there are none.
    numbers: tuple[Number, ...]
    addresses: tuple[Address, ...]
    frames: tuple[Frame, ...]


@dataclass(slots=True, kw_only=True, eq=False)
class Layout:
    """One compiled template."""

    number: int  # 0, 1, 2 ...; never used again.
    version: int
    is_options: bool
    scope: tuple[int, ...]  # Keys.
    length: int  # Bytes of a record; of the shortest possible where fields vary.
    blocks: tuple[Block, ...]
    variable: tuple[int | None, ...]  # Of the field behind each block but the last: its key,
    # None where it is not wanted.
    discarded: int  # Fields that are not read.
    payload: int  # Of them: those that may hold payload or names.
    impossible: int  # Of them: wanted ones of a width that they cannot have.
    users: int = 0  # Templates that have it.

    @property
    def is_wanted(self) -> bool:
        """Whether anything at all is read from its records."""
        return any(block.dtype is not None or block.frames for block in self.blocks) or any(
            key is not None for key in self.variable
        )


@dataclass(slots=True)
class _Sketch:
    """A block while its fields are laid one behind the other."""

    length: int = 0
    numbers: list[tuple[int, int, int]] = field(default_factory=list)  # Key, offset, width.
    addresses: list[tuple[int, int]] = field(default_factory=list)  # Key, offset.
    frames: list[Frame] = field(default_factory=list)

    def add(self, key: int, length: int) -> None:
        kind, _ = WANTED[key]
        if kind is Kind.FRAME:
            self.frames.append(Frame(key, self.length, length))
        elif kind is Kind.IPV6:
            self.addresses.append((key, self.length))
        else:
            self.numbers.append((key, self.length, length))

    def block(self) -> Block:
        """Turn offsets and widths into a structured type."""
        skip = min((offset for _, offset, *_ in (*self.numbers, *self.addresses)), default=0)
        names, formats, offsets, ends = [], [], [], []
        numbers: list[Number] = []
        addresses: list[Address] = []
        for key, offset, length in self.numbers:
            width = _READ_WIDTH[length]
            name = f"n{len(numbers)}"
            names.append(name)
            formats.append(f">u{width}")
            offsets.append(offset - skip)
            ends.append(offset - skip + width)
            numbers.append(Number(key, name, 8 * (width - length)))
        for key, offset in self.addresses:
            high, low = f"h{len(addresses)}", f"l{len(addresses)}"
            names += [high, low]
            formats += [">i8", ">i8"]
            offsets += [offset - skip, offset - skip + 8]
            ends.append(offset - skip + 16)
            addresses.append(Address(key, high, low))
        dtype = None
        if names:
            parts = {"names": names, "formats": formats, "offsets": offsets}
            dtype = np.dtype({**parts, "itemsize": max(ends)})  # type: ignore[call-overload]
        return Block(
            length=self.length,
            skip=skip,
            dtype=dtype,
            numbers=tuple(numbers),
            addresses=tuple(addresses),
            frames=tuple(self.frames),
        )


class Layouts:
    """All layouts in use, by number, and by the bytes of their templates."""

    def __init__(self, version: int) -> None:
        """Begin with none, for NetFlow version 9 or 10 (IPFIX)."""
        self.by_number: dict[int, Layout] = {}
        self._version = version
        self._numbers: dict[tuple[bool, bytes], int] = {}
        self._bytes: dict[int, tuple[bool, bytes]] = {}
        self._next = 0
        self._idle: set[int] = set()

    def take(self, definition: Definition) -> Layout:
        """Give the layout of a valid *definition*, and count one more user of it."""
        key = (definition.is_options, definition.body)
        number = self._numbers.get(key)
        if number is None:
            number, self._next = self._next, self._next + 1
            self.by_number[number] = compile_layout(self._version, number, definition)
            self._numbers[key] = number
            self._bytes[number] = key
        layout = self.by_number[number]
        layout.users += 1
        return layout

    def give_back(self, layout: Layout) -> None:
        """Count one user less; the layout itself stays until `sweep`."""
        layout.users -= 1
        if not layout.users:
            self._idle.add(layout.number)

    def body(self, layout: Layout) -> bytes:
        """Give the bytes that its templates have behind their number."""
        return self._bytes[layout.number][1]

    def sweep(self) -> None:
        """Forget the layouts that no template has any more."""
        for number in self._idle:
            if not self.by_number[number].users:
                del self.by_number[number]
                del self._numbers[self._bytes.pop(number)]
        self._idle.clear()


def compile_layout(version: int, number: int, definition: Definition) -> Layout:
    """
    Find where the wanted fields of a valid definition stand.

    Notes:
        Of an element that stands twice the first is read (robustness case 13), but of the
        headers of a tunnel the inner one; see `_outer`. One whose width is impossible is left
        out and its bytes are passed over.
    """
    sketches, variable = [_Sketch()], []
    seen: set[int] = set()
    outer = _outer(definition.fields)
    discarded = payload = impossible = 0
    for place, (key, length) in enumerate(definition.fields):
        varies = length == VARIABLE
        is_asked = key in WANTED and key not in seen and place not in outer
        reads = is_asked and _is_readable(key, length, varies=varies)
        if reads:
            seen.add(key)
        else:
            discarded += 1
            payload += is_payload_like(key, length)
            impossible += is_asked
        if varies:
            variable.append(key if reads else None)
            sketches.append(_Sketch())
            continue
        if reads:
            sketches[-1].add(key, length)
        sketches[-1].length += length
    return Layout(
        number=number,
        version=version,
        is_options=definition.is_options,
        scope=_scope(definition.fields, definition.scopes),
        length=sum(sketch.length for sketch in sketches) + len(variable),
        blocks=tuple(sketch.block() for sketch in sketches),
        variable=tuple(variable),
        discarded=discarded,
        payload=payload,
        impossible=impossible,
    )


def _outer(fields: tuple[Field, ...]) -> frozenset[int]:
    """
    Give the places of the fields that describe the outer header of a tunnel.

    A template that names the protocol twice describes two headers, the outer one first (RFC
    7011, section 8), as routers do that carry customers' packets over SRv6. Whom a subscriber
    talks to stands in the inner one; its addresses may be of the other version.
    """
    protocols = [place for place, each in enumerate(fields) if each.key == _PROTOCOL]
    if len(protocols) <= 1:
        return frozenset()
    last = {each.key: place for place, each in enumerate(fields) if each.key in _OF_HEADER}
    four, six = (max((last.get(key, -1) for key in keys), default=-1) for keys in _VERSIONS)
    of_outer_version = _VERSIONS[1] if four > six else _VERSIONS[0]
    return frozenset(
        place
        for place, each in enumerate(fields)
        if each.key in _OF_HEADER and (place != last[each.key] or each.key in of_outer_version)
    )


def _is_readable(key: int, length: int, *, varies: bool) -> bool:
    if varies:  # Integers and addresses are never of variable length (RFC 7011, section 7).
        return WANTED[key][0] is Kind.FRAME
    return is_possible(key, length)


def _scope(fields: tuple[Field, ...], scopes: int) -> tuple[int, ...]:
    return tuple(key for key, _ in fields[:scopes])
