"""
The records of data sets, all sets of one layout at once.

Records of fixed length are copied out by one fancy index. Where a layout has fields of
variable length, the records are walked in lock step: round r finds the r-th record of every
set, field by field.

Source: RFC 7011, sections 3.3.1, 3.4.3, 6.2 and 7.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.datagrams import Places, read_rows, read_u8, read_u16, read_u64
from hinomi.collect.wire.sets.groups import RecordGroup
from hinomi.collect.wire.sets.layouts import Block, Layout
from hinomi.collect.wire.sets.walk import Sets

MOST_VARIABLE_RECORDS: Final = 1024
"""Records with variable fields that one set may have; 9,000 bytes hold fewer that say anything."""

_LONG_LENGTH: Final = 255
"""Length byte that says: two bytes of length follow (RFC 7011, figure S)."""

_LOW_BYTES: Final = np.array([(1 << 8 * count) - 1 for count in range(9)], dtype=np.uint64)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What decoding n sets came to, shape (n,) each, beside the groups."""

    groups: list[RecordGroup]
    records: NDArray[np.int64]
    unread: NDArray[np.int64]  # Records of which nothing is wanted.
    discarded: NDArray[np.int64]  # Fields that were not read, of all records.
    payload: NDArray[np.int64]  # Of them: those that may hold payload or names.
    is_cut: NDArray[np.bool_]  # A record ran out of the set.
    is_crowded: NDArray[np.bool_]  # More than `MOST_VARIABLE_RECORDS` records.
    is_odd: NDArray[np.bool_]  # What is left behind the last record is not padding of zeros.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The records of m sets of one layout, n in all."""

    count: NDArray[np.int64]  # By set, shape (m,).
    owner: NDArray[np.int64]  # Set of each record, shape (n,), ascending.
    blocks: list[Places]  # Where each block of each record begins, shape (n,) each.
    variable: dict[int, tuple[Places, NDArray[np.int64]]]  # Wanted octets by key.
    left: NDArray[np.int64]  # Bytes behind the last record, shape (m,).
    is_cut: NDArray[np.bool_]
    is_crowded: NDArray[np.bool_]


def decode_sets(
    buffer: NDArray[np.uint8],
    sets: Sets,
    numbers: NDArray[np.int64],
    layouts: Mapping[int, Layout],
    octets: NDArray[np.uint8] | None = None,
) -> Outcome:
    """
    Decode data sets.

    Args:
        buffer: Where they lie; at least 8 bytes can be read before and behind each.
        sets: Data sets, shape (n,).
        numbers: Of the layout of each, shape (n,).
        layouts: By number.
        octets: *buffer* if it is not the batch's own; handed on to the groups.

    Returns:
        One group a layout, options before data; counts by set.
    """
    size = len(sets)
    outcome = Outcome(
        groups=[],
        records=np.zeros(size, np.int64),
        unread=np.zeros(size, np.int64),
        discarded=np.zeros(size, np.int64),
        payload=np.zeros(size, np.int64),
        is_cut=np.zeros(size, np.bool_),
        is_crowded=np.zeros(size, np.bool_),
        is_odd=np.zeros(size, np.bool_),
    )
    for number, places in _by_layout(numbers):
        layout = layouts[number]
        some = sets if places.size == size else sets.take(places)
        found = _variable(buffer, some, layout) if layout.variable else _fixed(some, layout)
        outcome.records[places] = found.count
        outcome.discarded[places] = found.count * layout.discarded
        outcome.payload[places] = found.count * layout.payload
        outcome.is_cut[places] = found.is_cut
        outcome.is_crowded[places] = found.is_crowded
        outcome.is_odd[places] = _is_odd(buffer, some.end, found.left)
        if not layout.is_wanted:
            outcome.unread[places] = found.count
        elif found.owner.size:
            outcome.groups.append(_group(buffer, some, layout, found, octets))
    outcome.groups.sort(key=lambda group: not group.is_options)
    return outcome


def _by_layout(numbers: NDArray[np.int64]) -> list[tuple[int, NDArray[np.int64]]]:
    """Give each layout that occurs with the places of its sets, in their order."""
    if not numbers.size:
        return []
    if (numbers == numbers[0]).all():
        return [(int(numbers[0]), np.arange(numbers.size))]
    order = np.argsort(numbers, kind="stable")
    ascending = numbers[order]
    cuts = np.flatnonzero(ascending[1:] != ascending[:-1]) + 1
    return [(int(numbers[part[0]]), part) for part in np.split(order, cuts)]


def _fixed(sets: Sets, layout: Layout) -> _Found:
    """Find records that are all equally long."""
    room = sets.end - sets.start
    count = room // layout.length
    before = np.cumsum(count) - count
    owner = np.repeat(np.arange(len(sets)), count)
    # The k-th record of all lies where its set begins, k less the records before that set on.
    places = (sets.start - before * layout.length)[owner]
    places += np.arange(owner.size) * layout.length
    none = np.zeros(len(sets), np.bool_)
    return _Found(
        count=count,
        owner=owner,
        blocks=[places],
        variable={},
        left=room - count * layout.length,
        is_cut=none,
        is_crowded=none,
    )


def _variable(buffer: NDArray[np.uint8], sets: Sets, layout: Layout) -> _Found:
    """Walk records whose length depends on their fields."""
    owner = np.arange(len(sets))
    at, stop = sets.start, sets.end
    left, is_cut = stop - at, np.zeros(len(sets), np.bool_)
    rounds: list[tuple[NDArray[np.int64], ...]] = []
    for _ in range(MOST_VARIABLE_RECORDS):
        has_room = at + layout.length <= stop
        owner, at, stop = owner[has_room], at[has_room], stop[has_room]
        if not owner.size:
            break
        columns, after = _step(buffer, at, stop, layout)
        is_whole = after <= stop
        if not is_whole.all():
            is_cut[owner[~is_whole]] = True
            columns = [column[is_whole] for column in columns]
            owner, after, stop = owner[is_whole], after[is_whole], stop[is_whole]
        rounds.append((owner, *columns))
        left[owner] = stop - after
        at = after
    is_crowded = np.zeros(len(sets), np.bool_)
    is_crowded[owner[at + layout.length <= stop]] = True
    width = 1 + len(layout.blocks) + 2 * sum(key is not None for key in layout.variable)
    empty = [np.zeros(0, np.int64)] * width
    owners, *columns = (
        [np.concatenate(parts) for parts in zip(*rounds, strict=True)] if rounds else empty
    )
    order = np.argsort(owners, kind="stable")
    columns = [column[order] for column in columns]
    wanted = [key for key in layout.variable if key is not None]
    octets = columns[len(layout.blocks) :]
    pairs = zip(octets[::2], octets[1::2], strict=True)
    return _Found(
        count=np.bincount(owners, minlength=len(sets)),
        owner=owners[order],
        blocks=columns[: len(layout.blocks)],
        variable=dict(zip(wanted, pairs, strict=True)),
        left=np.where(is_cut | is_crowded, 0, left),
        is_cut=is_cut,
        is_crowded=is_crowded,
    )


def _step(
    buffer: NDArray[np.uint8], at: Places, stop: Places, layout: Layout
) -> tuple[list[NDArray[np.int64]], Places]:
    """
    Pass over one record of each set.

    Returns:
        Where its blocks begin, then place and length of each wanted variable field; and
        where it ends, which may be behind *stop*: then it is no record.
    """
    blocks, octets = [at], []
    position = at
    for block, key in zip(layout.blocks[:-1], layout.variable, strict=True):
        position = position + block.length
        # A place behind the end is kept, so that it shows in the end, and never read at.
        inside = np.minimum(position, stop)
        length = read_u8(buffer, inside)
        is_long = length == _LONG_LENGTH
        position = position + 1
        if is_long.any():
            length = np.where(is_long, read_u16(buffer, inside + 1), length)
            position = position + 2 * is_long
        if key is not None:
            octets += [position, length]
        position = position + length
        blocks.append(position)
    return [*blocks, *octets], position + layout.blocks[-1].length


def _is_odd(buffer: NDArray[np.uint8], end: Places, left: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which sets have something else than zeros behind the last record."""
    is_odd = left > 0
    if is_odd.any():
        places = np.flatnonzero(is_odd)
        tail = read_u64(buffer, end[places] - 8)
        is_odd[places] = (tail & _LOW_BYTES[np.minimum(left[places], 8)]) != 0
    return is_odd


def _group(
    buffer: NDArray[np.uint8],
    sets: Sets,
    layout: Layout,
    found: _Found,
    octets: NDArray[np.uint8] | None,
) -> RecordGroup:
    numbers: dict[int, NDArray[Any]] = {}
    addresses: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
    frames = dict(found.variable)
    for block, places in zip(layout.blocks, found.blocks, strict=True):
        _read_block(buffer, block, places, numbers, addresses)
        for key, offset, length in block.frames:
            frames[key] = (places + offset, np.full(places.size, length, np.int64))
    return RecordGroup(
        version=layout.version,
        is_options=layout.is_options,
        scope=layout.scope,
        datagram=sets.row[found.owner],
        numbers=numbers,
        addresses=addresses,
        frames=frames,
        discarded=layout.discarded,
        octets=octets,
    )


def _read_block(
    buffer: NDArray[np.uint8],
    block: Block,
    places: Places,
    numbers: dict[int, NDArray[Any]],
    addresses: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]],
) -> None:
    """Copy the wanted numbers and addresses of one block out, in native byte order."""
    if block.dtype is None:
        return
    rows = read_rows(buffer, places + block.skip if block.skip else places, block.dtype)
    for key, name, shift in block.numbers:
        column = rows[name]
        native = column.astype(column.dtype.newbyteorder("="))
        numbers[key] = native >> np.array(shift, native.dtype) if shift else native
    for key, high, low in block.addresses:
        addresses[key] = (rows[high].astype(np.int64), rows[low].astype(np.int64))
