"""Addresses for a drill: reserved ones that nobody in the window has anything to do with."""

from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect.columns import ints
from hinomi.detect.known import match
from hinomi.detect.presence import reserved
from hinomi.errors import Unavailable
from hinomi.model.address import V4_PREFIX
from hinomi.model.listed import ListEntry
from hinomi.model.protocol import Protocol
from hinomi.services.detecting import Opened

_BLOCKS: Final = np.arange(240, 255)
"""First octets of 240.0.0.0/4, but for 255: it holds the broadcast address (RFC 919)."""

_RESERVED_BITS: Final = 100
"""Bits of the 128-bit form that name 240.0.0.0/4: what a shorter prefix names may cover it."""

_TRIES: Final = 4


def free_addresses(opened: Opened, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """
    Draw addresses of 240.0.0.0/4 that the window does not hold and no list names.

    Args:
        opened: The window and the lists.
        count: So many.
        rng: Source of chance.

    Returns:
        IPv4 addresses as numbers, distinct, shape (count,).

    Raises:
        Unavailable: If every /8 of the range is in use.

    Notes:
        Forged sources lie in this range as in all others, so single packets there are no
        hindrance. A /8 in which an address was both called and answered is carried by
        somebody's router: nothing of it is taken.
    """
    met = opened.engine.fetch(reserved(opened.records))
    taken = ints(met, "remote_lo") & 0xFFFFFFFF
    carried = (ints(met, "sent") > 0) & (ints(met, "answered") > 0)
    blocks = np.setdiff1d(_BLOCKS, taken[carried] >> 24)
    entries = [
        replace(each, proto=None, port=None)
        for entries in opened.lists.values()
        for each in entries
        if _may_name(each)
    ]
    found = np.empty(0, np.int64)
    for _ in range(_TRIES if blocks.size else 0):
        drawn = rng.choice(blocks, 2 * count) << 24 | rng.integers(1, 2**24 - 1, 2 * count)
        drawn = np.setdiff1d(drawn, taken)
        found = np.union1d(found, drawn[match(_services(drawn), entries) < 0])
        if found.size >= count:
            return np.asarray(rng.permutation(found)[:count], np.int64)
    raise Unavailable(
        "addresses of 240.0.0.0/4 are in use in this window, or lists name them: the drill could "
        "not tell its own; leave those hours out with --since and --until, or end that list"
    )


def _may_name(entry: ListEntry) -> bool:
    if entry.own:
        return False
    within = entry.base.hi == 0 and entry.base.lo >> 28 == 0xFFFFF  # noqa: PLR2004 - 240.0.0.0/4.
    return within or entry.length < _RESERVED_BITS


def _services(addresses: NDArray[np.int64]) -> pa.Table:
    same = np.zeros(addresses.size, np.int64)
    return pa.table(
        {
            "remote_hi": same,
            "remote_lo": V4_PREFIX | addresses,
            "remote_own": same,
            "proto": same + int(Protocol.TCP),
            "remote_port": same,
        }
    )
