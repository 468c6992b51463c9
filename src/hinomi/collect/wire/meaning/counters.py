"""
Packets and bytes of each record, of one way or of both.

Source: IANA IPFIX information elements 1, 2, 23, 24, 85, 86, 171, 172, 231, 232, 298, 299,
312, 352 and 353; RFC 5103 for those of the way back.
"""

from collections.abc import Collection
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.meaning.columns import Numbers, constant, first_of, signed
from hinomi.collect.wire.sets.groups import REVERSE_PEN, element

PACKETS_ASSUMED: Final = "packets-assumed"
"""Records with bytes and without packets: kept with one packet."""

BYTES_MISSING: Final = "bytes-missing"
"""Records with packets whose layout has no bytes: kept with 0."""

BYTES_FROM_FRAMES: Final = "bytes-from-frames"
"""Records that count bytes of layer 2: kept with 14 a packet less."""

COUNTS_TOTAL: Final = "counts-total"
"""Records that count since the flow began, not since its last record."""

COUNTS_ABSURD: Final = "counts-absurd"
"""Records that count more than `MOST_COUNT`: dropped."""

MOST_COUNT: Final = 1 << 50
"""No exporter carries so many bytes within one record: a petabyte."""

ETHERNET_BYTES: Final = 14

Ints = NDArray[np.int64]


class Counts(NamedTuple):
    """Packets and IP bytes of one way of n records, shape (n,) each; 0 or greater."""

    packets: Ints
    octets: Ints


class _Doubts(NamedTuple):
    """Where the doubts of n records are counted."""

    source: NDArray[np.int32]  # Exporter of each record.
    ledger: Ledger

    def add(self, which: NDArray[np.bool_], where: NDArray[np.bool_] | None, reason: str) -> None:
        self.ledger.add_rows(self.source[which if where is None else which & where], reason)


class _Family(NamedTuple):
    """Elements that count the same packets."""

    octets: int
    packets: int
    is_total: bool = False
    is_layer2: bool = False


_DELTA: Final = _Family(1, 2)
_INITIATOR: Final = _Family(231, 298)
_RESPONDER: Final = _Family(232, 299)
_POST: Final = _Family(23, 24)
_TOTALS: Final = (_Family(85, 86, is_total=True), _Family(171, 172, is_total=True))
_LAYER2: Final = (
    _Family(352, 2, is_layer2=True),
    _Family(353, 86, is_total=True, is_layer2=True),
    _Family(312, 2, is_layer2=True),
)

_THERE: Final = (_DELTA, _INITIATOR, *_TOTALS, _POST, *_LAYER2)
"""What counts first: a later family fills in where an earlier one is 0 or absent."""

_BACK: Final = (_DELTA, *_TOTALS, _POST)
"""The families of RFC 5103's way back."""


def read_counts(
    numbers: Numbers,
    source: NDArray[np.int32],
    ledger: Ledger,
    *,
    post_is_reverse: Collection[int] = (),
) -> tuple[Counts, Counts | None, NDArray[np.bool_] | None] | None:
    """
    Read what n records count.

    Args:
        numbers: Columns of the layout, shape (n,) each.
        source: Exporter of each record, shape (n,).
        ledger: Counts what is assumed.
        post_is_reverse: Exporters whose elements 23 and 24 count the way back, against the
            standard (robustness case 18).

    Returns:
        Way there; way back, None if the layout has none; rows with counts that can be, None:
        all. None if the layout counts nothing.
    """
    doubts = _Doubts(source, ledger)
    back = _way(numbers, _BACK, doubts, REVERSE_PEN)
    if back is None:
        back = _responder(numbers, doubts)
    if back is None and post_is_reverse:
        numbers, posts = _posts(numbers, np.isin(source, list(post_is_reverse)))
        back = _way(posts, (_POST,), doubts, 0)
    there = _way(numbers, _THERE, doubts, 0)
    if there is None:
        if back is None:
            return None
        nothing: Ints = constant(source.size, 0, np.int64)
        there = Counts(nothing, nothing)
    possible = _possible(there) if back is None else _both(_possible(there), _possible(back))
    if possible is not None:
        ledger.add_rows(source[~possible], COUNTS_ABSURD)
    return there, back, possible


def _way(
    numbers: Numbers,
    families: tuple[_Family, ...],
    doubts: _Doubts,
    enterprise: int,
) -> Counts | None:
    """Give the counts of one way by the first family that has any."""
    chosen: Counts | None = None
    for family in families:
        octets = first_of(numbers, family.octets, enterprise=enterprise)
        packets = first_of(numbers, family.packets, enterprise=enterprise)
        if octets is None and (packets is None or family.is_layer2):
            continue
        if octets is None and _counts_elsewhere(numbers, family, families, enterprise):
            continue
        empty = None if chosen is None else (chosen.packets == 0) & (chosen.octets == 0)
        if empty is not None and not empty.any():
            break
        found = _read(family, octets, packets, empty, doubts)
        if chosen is None or empty is None:
            chosen = found
        else:
            chosen = Counts(
                np.where(empty, found.packets, chosen.packets),
                np.where(empty, found.octets, chosen.octets),
            )
        if chosen.packets.min() > 0:
            break
    return chosen


def _counts_elsewhere(
    numbers: Numbers, family: _Family, families: tuple[_Family, ...], enterprise: int
) -> bool:
    """Tell whether another family gives the bytes to this family's packets."""
    return any(
        other.packets == family.packets
        and first_of(numbers, other.octets, enterprise=enterprise) is not None
        for other in families
    )


def _read(
    family: _Family,
    octets: NDArray[Any] | None,
    packets: NDArray[Any] | None,
    where: NDArray[np.bool_] | None,
    doubts: _Doubts,
) -> Counts:
    """Read one family; its doubts are counted *where* it is used."""
    size = constant(doubts.source.size, 0, np.int64) if octets is None else signed(octets)
    count = constant(doubts.source.size, 0, np.int64) if packets is None else signed(packets)
    if packets is None or count.min() <= 0:  # What is beyond 63 bits is negative here.
        assumed = (count == 0) & (size > 0)
        doubts.add(assumed, where, PACKETS_ASSUMED)
        count = np.where(assumed, 1, count)
    if octets is None:
        doubts.add(count > 0, where, BYTES_MISSING)
    elif family.is_layer2:
        doubts.add(size > 0, where, BYTES_FROM_FRAMES)
        size = np.maximum(size - ETHERNET_BYTES * np.clip(count, 0, MOST_COUNT), 0)
    if family.is_total:
        doubts.add(count > 0, where, COUNTS_TOTAL)
    return Counts(count, size)


def _responder(numbers: Numbers, doubts: _Doubts) -> Counts | None:
    """Give what the responder sent, where the way there is the initiator's."""
    back = _way(numbers, (_RESPONDER,), doubts, 0)
    plain = first_of(numbers, _DELTA.octets, _DELTA.packets)
    if back is None or plain is None:
        return back
    silent = plain != 0  # Elements 1 and 2 count one way; which one, only they know.
    return Counts(np.where(silent, 0, back.packets), np.where(silent, 0, back.octets))


def _posts(numbers: Numbers, theirs: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Part elements 23 and 24: the numbers without *theirs*, and theirs alone."""
    posts = {key: numbers[key] for key in map(element, _POST[:2]) if key in numbers}
    mine = {key: np.where(theirs, values.dtype.type(0), values) for key, values in posts.items()}
    back = {key: np.where(theirs, values, values.dtype.type(0)) for key, values in posts.items()}
    return {**numbers, **mine}, back


def _possible(counts: Counts) -> NDArray[np.bool_] | None:
    """Tell where counts can be; None: everywhere. Those from 2^63 are negative here."""
    if all(each.min() >= 0 and each.max() <= MOST_COUNT for each in counts):
        return None
    packets, octets = (each.view(np.uint64) <= MOST_COUNT for each in counts)
    good: NDArray[np.bool_] = packets & octets
    return good


def _both(
    first: NDArray[np.bool_] | None, second: NDArray[np.bool_] | None
) -> NDArray[np.bool_] | None:
    if first is None or second is None:
        return second if first is None else first
    return first & second
