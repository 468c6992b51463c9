"""Which entries of the operator's lists cover a service: all of them, whole columns at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hinomi.model.address import is_v4
from hinomi.model.listed import ListEntry, ListKind, Role
from hinomi.model.service import Service

Ints = NDArray[np.int64]

_V4_BITS: Final = 96
"""Length of ::ffff:0:0/96, which holds all of IPv4."""

_HALF: Final = 64
_PROTO_SHIFT: Final = 16
_KEY_BYTES: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMatch:
    """One list entry that covers a service."""

    kind: ListKind
    source: str  # The list, as the operator calls it.
    label: str = ""  # What the list calls the entry, or itself.
    bits: int = 32  # Length of the prefix as it is written: an IPv4 /24 is 24.
    is_v4: bool = True
    is_exact: bool = False  # It names this very port.
    role: Role = Role.UNKNOWN

    @property
    def name(self) -> str:
        """Who says so: the source, and the label where there is one."""
        return f"{self.source} ({self.label})" if self.label else self.source


class _Shape(NamedTuple):
    """What entries that are searched together have in common."""

    family: int  # Own, IPv4, IPv6: they never meet.
    length: int
    has_proto: bool
    has_port: bool


@dataclass(frozen=True, slots=True)
class _Group:
    """Entries of one shape, sorted by their keys."""

    shape: _Shape
    keys: NDArray[np.bytes_]
    entries: Ints  # Which entry each key is of.


class ListIndex:
    """
    Finds all entries that cover a service, also those of wider prefixes and of other lists.

    Args:
        entries: The kind of list, its source, and the entry; any order, duplicates allowed.

    Notes:
        Entries are grouped by prefix length and by what they state; each group is one
        binary search for all services. 100,000 services against the 143,000 prefixes of the
        139 MISP warning lists take about a second. Pseudonyms of the own network meet entries
        of the own network only.
    """

    def __init__(self, entries: Iterable[tuple[ListKind, str, ListEntry]]) -> None:
        """Sort the entries, once."""
        kept = list(entries)
        self._matches = [_match(kind, source, entry) for kind, source, entry in kept]
        shapes: dict[_Shape, list[int]] = {}
        for number, (_, _, entry) in enumerate(kept):
            family = _family(own=entry.own, v4=is_v4(entry.base))
            shape = _Shape(family, entry.length, entry.proto is not None, entry.port is not None)
            shapes.setdefault(shape, []).append(number)
        self._groups: dict[int, list[_Group]] = {}
        # The most specific come first, and so do they in what is found.
        for shape in sorted(shapes, reverse=True):
            chosen = shapes[shape]
            keys = _keys(_columns([_service_of(kept[number][2]) for number in chosen]), shape)
            order = np.argsort(keys, kind="stable")
            rows = np.array(chosen, dtype=np.int64)[order]
            self._groups.setdefault(shape.family, []).append(_Group(shape, keys[order], rows))

    def covering(self, services: Sequence[Service]) -> list[tuple[ListMatch, ...]]:
        """
        Give the entries that cover each of *services*, the most specific first.

        Returns:
            As many tuples as services, empty where no list says anything.
        """
        found: list[list[ListMatch]] = [[] for _ in services]
        families = np.array([_family_of(each) for each in services], dtype=np.int64)
        columns = _columns(services)
        for family, groups in self._groups.items():
            rows = np.flatnonzero(families == family)
            if rows.size == 0:
                continue
            mine = [column[rows] for column in columns]
            for group in groups:
                for row, number in zip(*_hits(group, mine), strict=True):
                    found[rows[row]].append(self._matches[number])
        return [tuple(each) for each in found]


def _hits(group: _Group, columns: Sequence[Ints]) -> tuple[list[int], list[int]]:
    """Give which of the services, and which entry, of each pair that meets."""
    wanted = _keys(columns, group.shape)
    first = np.searchsorted(group.keys, wanted, side="left")
    counts = np.searchsorted(group.keys, wanted, side="right") - first
    rows = np.repeat(np.arange(wanted.size), counts)
    within = np.arange(rows.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return rows.tolist(), group.entries[np.repeat(first, counts) + within].tolist()


def _match(kind: ListKind, source: str, entry: ListEntry) -> ListMatch:
    v4 = is_v4(entry.base) and not entry.own
    return ListMatch(
        kind=kind,
        source=source,
        label=entry.label,
        bits=entry.length - _V4_BITS if v4 else entry.length,
        is_v4=v4,
        is_exact=entry.port is not None,
        role=entry.role,
    )


def _service_of(entry: ListEntry) -> Service:
    return Service(entry.base, entry.proto or 0, entry.port or 0, own=entry.own)


def _family_of(service: Service) -> int:
    return _family(own=service.own, v4=is_v4(service.address))


def _family(*, own: bool, v4: bool) -> int:
    """Number the kinds of addresses that have nothing in common: own, IPv4, IPv6."""
    if own:
        return 0
    return 1 if v4 else 2


def _columns(services: Sequence[Service]) -> tuple[Ints, ...]:
    rows = [(*each.address, each.proto, each.port) for each in services]
    return tuple(np.array(rows, dtype=np.int64).reshape(-1, 4).T)


def _keys(columns: Sequence[Ints], shape: _Shape) -> NDArray[np.bytes_]:
    """Lay what entries of one shape compare into one text of bytes a row, shape (n,)."""
    hi, lo, proto, port = columns
    packed = np.empty((hi.size, 3), dtype=">i8")
    packed[:, 0] = hi & _mask(min(shape.length, _HALF))
    packed[:, 1] = lo & _mask(max(shape.length - _HALF, 0))
    packed[:, 2] = proto * shape.has_proto << _PROTO_SHIFT | port * shape.has_port
    return packed.view(f"S{_KEY_BYTES}").ravel()


def _mask(bits: int) -> int:
    return 0 if bits == 0 else -1 << (_HALF - bits)
