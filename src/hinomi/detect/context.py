"""
What dated tables of others say of services: columns with a source, never a verdict.

A clean address is not acquitted, and a neighbour is not guilty. Nothing that could have been
known only inside the window is looked at (R19); own-network services have no context.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect.columns import ints, keys, positions
from hinomi.model.context import (
    DAY_MS,
    FIRST_V6_KEY,
    NO_KEY,
    UNKNOWN,
    ContextKind,
    ContextTable,
    NetworkKind,
    TableStatement,
    network_keys,
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NEAR_BITS: Final = (24, 48)
"""Lengths of the narrow neighbourhood, IPv4 and IPv6."""

WIDE_BITS: Final = (20, 40)
"""Lengths of the wide neighbourhood, IPv4 and IPv6."""

_ADDRESS: Final = ("remote_hi", "remote_lo")
_HALVES: Final = ("hi", "lo")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextColumns:
    """
    Context of n services, each array of shape (n,), in the order of the services.

    An integer is UNKNOWN (-1), an age NaN, where no table says anything, as for every service
    of the own network. Ages are in days at the window's start.

    *tables* are the tables that were read; `*_from` are indices into them, -1 none. Listings
    are counted over all history tables together.
    """

    tables: tuple[TableStatement, ...]
    origin_as: Ints  # 0 unknown.
    origin_from: Ints
    as_addresses: Ints  # IPv4 addresses that this AS originates; 0 where it is unknown.
    as_kind: Ints  # `NetworkKind`.
    as_kind_from: Ints
    allocation_age: Floats  # Since the block of addresses was registered.
    allocation_from: Ints
    listed_near: Ints  # Other addresses of its /24 (IPv6: /48) that were listed before.
    listed_wide: Ints  # Of its /20 (IPv6: /40).
    listed_as: Ints  # Of its AS.
    names: Ints  # Names seen on the address; 0: none in the tables.
    newest_name_age: Floats  # Since the newest of them first appeared.
    names_from: Ints
    certificate_age: Floats  # Since the certificate on its port became valid.
    self_signed: Ints  # 1, 0 or UNKNOWN.
    certificate_from: Ints

    @property
    def history(self) -> tuple[TableStatement, ...]:
        """The tables over which earlier listings were counted."""
        return tuple(each for each in self.tables if each.kind is ContextKind.HISTORY)


def context_columns(
    services: pa.Table,
    tables: Sequence[ContextTable],
    starts_ms: int,
    *,
    teachers: Collection[str] = (),
) -> ContextColumns:
    """
    Look services up in context tables.

    Args:
        services: Columns `remote_hi`, `remote_lo`, `remote_own`, `remote_port`.
        tables: Each dated before *starts_ms*; of history any number of days, of other
            kinds one for each source.
        starts_ms: Start of the window, ms since the Unix epoch.
        teachers: Sources of the lists that a model learns from. A history table of the
            same source counts only what is known to have been listed before the day of
            its newest table, so that a list does not teach from itself.

    Raises:
        ValueError: If a table is not dated before the window (the caller's bug).

    Notes:
        10^6 services against 10^6 prefixes take about a second. Where tables of several
        sources know an address, the later one speaks; of allocations the youngest date.
        An AS without a row in a table of kinds stays `NetworkKind.UNKNOWN`.
    """
    if not all(each.statement.is_before(starts_ms) for each in tables):
        raise ValueError("a context table is not dated before the window")
    ordered = sorted(tables, key=lambda each: (each.statement.day, each.statement.source))
    hi, lo = (ints(services, name) for name in _ADDRESS)
    foreign = ints(services, "remote_own") == 0
    places = np.where(foreign, network_keys(hi, lo), NO_KEY)
    origin, origin_from = _latest(ordered, ContextKind.ROUTES, places)
    origin = np.maximum(origin, 0)
    kind, kind_from = _kinds(ordered, origin)
    near, wide, in_as = _listed(services, ordered, places, origin, teachers)
    names, newest, names_from = _names(services, ordered, foreign)
    valid_ms, self_signed, certificate_from = _certificates(services, ordered, foreign)
    registered_ms, allocation_from = _youngest(ordered, places)
    return ContextColumns(
        tables=tuple(each.statement for each in ordered),
        origin_as=origin,
        origin_from=origin_from,
        as_addresses=_addresses_of(ordered, origin),
        as_kind=kind,
        as_kind_from=kind_from,
        allocation_age=_age(registered_ms, allocation_from, starts_ms),
        allocation_from=allocation_from,
        listed_near=near,
        listed_wide=wide,
        listed_as=in_as,
        names=names,
        newest_name_age=_age(newest, names_from, starts_ms),
        names_from=names_from,
        certificate_age=_age(valid_ms, certificate_from, starts_ms),
        self_signed=self_signed,
        certificate_from=certificate_from,
    )


def find_ranges(first: Ints, last: Ints, wanted: Ints) -> Ints:
    """
    Find the range that covers each key.

    Args:
        first: First keys of disjoint ranges, ascending, shape (m,).
        last: Their last keys, inclusive.
        wanted: Keys, shape (n,), any order.

    Returns:
        Indices into the ranges, shape (n,); -1 where none covers a key.
    """
    if first.size == 0:
        return np.full(wanted.size, -1, dtype=np.int64)
    distinct, back = np.unique(wanted, return_inverse=True)  # Sorted keys are found in cache.
    place = np.searchsorted(first, distinct, side="right") - 1
    covered = (place >= 0) & (distinct <= last[np.maximum(place, 0)])
    return np.where(covered, place, -1)[back].astype(np.int64)


def _of(ordered: Sequence[ContextTable], kind: ContextKind) -> list[tuple[int, pa.Table]]:
    return [
        (number, each.rows) for number, each in enumerate(ordered) if each.statement.kind is kind
    ]


def _nothing(size: int) -> Ints:
    return np.full(size, UNKNOWN, dtype=np.int64)


def _latest(ordered: Sequence[ContextTable], kind: ContextKind, places: Ints) -> tuple[Ints, Ints]:
    """Give what the latest table that covers each place says, and which one that is."""
    value, by = _nothing(places.size), _nothing(places.size)
    for number, rows in _of(ordered, kind):
        found = find_ranges(ints(rows, "first"), ints(rows, "last"), places)
        hit = found >= 0
        value[hit] = ints(rows, "asn")[found[hit]]
        by[hit] = number
    return value, by


def _youngest(ordered: Sequence[ContextTable], places: Ints) -> tuple[Ints, Ints]:
    """Give the latest registration: of a block that moved, two registries may speak."""
    value, by = np.full(places.size, np.iinfo(np.int64).min), _nothing(places.size)
    for number, rows in _of(ordered, ContextKind.ALLOCATIONS):
        found = find_ranges(ints(rows, "first"), ints(rows, "last"), places)
        registered = ints(rows, "registered_ms")[np.maximum(found, 0)]
        hit = (found >= 0) & (registered >= value)
        value[hit], by[hit] = registered[hit], number
    return value, by


def _age(moment_ms: Ints, by: Ints, starts_ms: int) -> Floats:
    held = by >= 0
    passed = starts_ms - np.where(held, moment_ms, starts_ms)
    return np.where(held, passed / DAY_MS, np.nan)


def _kinds(ordered: Sequence[ContextTable], origin: Ints) -> tuple[Ints, Ints]:
    kind = np.full(origin.size, int(NetworkKind.UNKNOWN), dtype=np.int64)
    by = _nothing(origin.size)
    for number, rows in _of(ordered, ContextKind.AS_KINDS):
        asn = ints(rows, "asn")
        found = find_ranges(asn, asn, np.where(origin > 0, origin, NO_KEY))
        hit = found >= 0
        kind[hit] = ints(rows, "kind")[found[hit]]
        by[hit] = number
    return kind, by


def _addresses_of(ordered: Sequence[ContextTable], origin: Ints) -> Ints:
    """Count the IPv4 addresses that each service's AS originates, by the widest table."""
    counted = np.zeros(origin.size, dtype=np.int64)
    for _, rows in _of(ordered, ContextKind.ROUTES):
        first, last, asn = (ints(rows, name) for name in ("first", "last", "asn"))
        v4 = first < FIRST_V6_KEY
        known, back = np.unique(asn[v4], return_inverse=True)
        sums = np.bincount(back, weights=(last - first + 1)[v4], minlength=known.size)
        found = find_ranges(known, known, np.where(origin > 0, origin, NO_KEY))
        here = np.where(found >= 0, sums[np.maximum(found, 0)] if known.size else 0, 0)
        counted = np.maximum(counted, here.astype(np.int64))
    return counted


def _listed(
    services: pa.Table,
    ordered: Sequence[ContextTable],
    places: Ints,
    origin: Ints,
    teachers: Collection[str],
) -> tuple[Ints, Ints, Ints]:
    """Count other listed addresses in the narrow and wide neighbourhood and in the AS."""
    entries = _history(ordered, teachers)
    if entries is None:
        return _nothing(places.size), _nothing(places.size), _nothing(places.size)
    listed = network_keys(ints(entries, "hi"), ints(entries, "lo"))
    # A server is no neighbour of itself.
    itself = (positions(keys(services, _ADDRESS), keys(entries, _HALVES)) >= 0).astype(np.int64)
    listed_as, _ = _latest(ordered, ContextKind.ROUTES, listed)
    counts = [
        _count(_mask(listed, bits), _mask(places, bits), itself, places >= 0)
        for bits in (NEAR_BITS, WIDE_BITS)
    ]
    in_as = _count(np.maximum(listed_as, 0), origin, itself, origin > 0)
    return counts[0], counts[1], in_as


def _history(ordered: Sequence[ContextTable], teachers: Collection[str]) -> pa.Table | None:
    """Give each address that was listed earlier once, None where no table says anything."""
    tables = [each for each in ordered if each.statement.kind is ContextKind.HISTORY]
    if not tables:
        return None
    newest = {each.statement.source: each.statement for each in tables}
    parts = []
    for each in tables:  # Where no day is stated, the table's own is the latest it can be.
        stated = ints(each.rows, "listed_ms")
        since = np.where(stated == UNKNOWN, each.statement.starts_ms, stated)
        source = each.statement.source
        kept = since < newest[source].starts_ms if source in teachers else since < np.inf
        parts.append(each.rows.select(_HALVES).filter(pa.array(kept)))
    both = pa.concat_tables(parts)
    _, first = np.unique(keys(both, _HALVES), return_index=True)
    return both.take(pa.array(first))


def _mask(places: Ints, bits: tuple[int, int]) -> Ints:
    v4 = ~((1 << (32 - bits[0])) - 1)
    v6 = ~((1 << (64 - bits[1])) - 1)
    return np.where(places < FIRST_V6_KEY, places & v4, places & v6)


def _count(listed: Ints, wanted: Ints, itself: Ints, known: NDArray[np.bool_]) -> Ints:
    groups, sizes = np.unique(listed, return_counts=True)
    found = find_ranges(groups, groups, wanted)
    seen = np.where(found >= 0, sizes[np.maximum(found, 0)] if groups.size else 0, 0)
    return np.where(known, seen - itself, UNKNOWN).astype(np.int64)


def _names(
    services: pa.Table, ordered: Sequence[ContextTable], foreign: NDArray[np.bool_]
) -> tuple[Ints, Ints, Ints]:
    """Give the most names that one table saw, and the newest name of all tables."""
    tables = _of(ordered, ContextKind.PDNS)
    size = services.num_rows
    names = np.where(foreign, 0, UNKNOWN) if tables else _nothing(size)
    newest, by = np.full(size, np.iinfo(np.int64).min), _nothing(size)
    wanted = keys(services, _ADDRESS)
    for number, rows in tables:
        place = positions(wanted, keys(rows, _HALVES))
        hit = (place >= 0) & foreign
        names[hit] = np.maximum(names[hit], ints(rows, "names")[place[hit]])
        later = hit & (ints(rows, "newest_ms")[np.maximum(place, 0)] >= newest)
        newest[later], by[later] = ints(rows, "newest_ms")[place[later]], number
    return names.astype(np.int64), newest, by


def _certificates(
    services: pa.Table, ordered: Sequence[ContextTable], foreign: NDArray[np.bool_]
) -> tuple[Ints, Ints, Ints]:
    """Give what the latest table says of the certificate at each address and port."""
    size = services.num_rows
    valid_ms, self_signed, by = _nothing(size), _nothing(size), _nothing(size)
    wanted = keys(services, (*_ADDRESS, "remote_port"))
    for number, rows in _of(ordered, ContextKind.CERTIFICATES):
        place = positions(wanted, keys(rows, (*_HALVES, "port")))
        hit = (place >= 0) & foreign
        valid_ms[hit] = ints(rows, "not_before_ms")[place[hit]]
        self_signed[hit] = ints(rows, "self_signed")[place[hit]]
        by[hit] = number
    return valid_ms, self_signed, by
