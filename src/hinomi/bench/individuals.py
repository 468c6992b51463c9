"""
Makes replayed lines individuals: clones of one host would all meet exactly the same others.

Of what its host met, each line keeps a part of its own; what a host scanned, each line scans
elsewhere; and hosts that meet very many others are rare, as they are in life.
"""

from collections.abc import Collection
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.bench.addressing import REMOTE_BITS, REMOTE_V4
from hinomi.bench.sampling import scatter, scatter_unit
from hinomi.model.address import Address

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

USUAL_PORTS: Final = (53, 80, 123, 443)

_V4_MAPPED: Final = 0xFFFF << 32
_SCANNED: Final = 60  # A port on which a host met so many others, a few packets each, is scanned.
_FEW: Final = 4  # Packets.
_ORDINARY: Final = 150  # Others that an ordinary host meets in a capture; ours.
_SKEW: Final = 2.0  # Some places are visited by nearly all, the most by few.


def rarity(records: pa.Table, host: Address) -> float:
    """Weigh a host among all people: 1 for one that meets few others, less for many."""
    far = _far_end(records, host)
    return min(1.0, _ORDINARY / max(np.unique(scatter(*far[:3])).size, 1))


def scanned_ports(records: pa.Table, host: Address) -> Numbers:
    """Give the ports that a host probed at many others."""
    hi, lo, port = _far_end(records, host)
    _, first, where = np.unique(scatter(hi, lo, port), return_index=True, return_inverse=True)
    sent = np.bincount(where, _met(records, host)["packets"].to_numpy(), minlength=first.size)
    probed: tuple[Numbers, Numbers] = np.unique(port[first][sent <= _FEW], return_counts=True)
    scanned: Numbers = probed[0][(probed[1] >= _SCANNED) & ~np.isin(probed[0], USUAL_PORTS)]
    return scanned


def individualise(
    replayed: pa.Table, is_source: Mask, scanned: Numbers, kept: Collection[Address], seed: int
) -> pa.Table:
    """
    Let each line meet others of its own.

    Args:
        replayed: What lines did as clones of one host.
        is_source: Which records a line of ours sent.
        scanned: Ports that the host scanned (`scanned_ports`).
        kept: Addresses that every line keeps in touch with.
        seed: Fixes what is popular and who visits what.
    """
    end, near = np.where(is_source, "dst", "src"), np.where(is_source, "src", "dst")
    hi, lo, port = (_either(replayed, end == "src", half) for half in ("hi", "lo", "port"))
    line = _either(replayed, near == "src", "lo")
    always = np.zeros(line.size, np.bool_)
    for address in kept:
        always |= (hi == address.hi) & (lo == address.lo)
    probes = np.isin(port, scanned) & ~always
    fresh = scatter(line, hi, lo, replayed["ts_ms"].to_numpy() >> 16, seed)
    fresh_lo = _V4_MAPPED | REMOTE_V4 | (fresh >> np.uint64(64 - REMOTE_BITS)).astype(np.int64)
    for side in ("src", "dst"):
        rows = probes & (end == side)
        for half, values in (("hi", np.zeros_like(hi)), ("lo", fresh_lo)):
            name = f"{side}_{half}"
            place = replayed.schema.get_field_index(name)
            changed = np.where(rows, values, replayed[name].to_numpy())
            replayed = replayed.set_column(place, name, pa.array(changed))
    popular = scatter_unit(hi, lo, seed) ** _SKEW
    visits = scatter_unit(line, hi, lo, seed + 1) < popular
    return replayed.filter(pa.array(always | probes | visits))


def _met(records: pa.Table, host: Address) -> pa.Table:
    sent = (records["src_hi"].to_numpy() == host.hi) & (records["src_lo"].to_numpy() == host.lo)
    return records.filter(pa.array(sent))


def _far_end(records: pa.Table, host: Address) -> tuple[Numbers, Numbers, Numbers]:
    met = _met(records, host)
    hi, lo, port = (met[f"dst_{part}"].to_numpy() for part in ("hi", "lo", "port"))
    return hi, lo, port.astype(np.int64)


def _either(records: pa.Table, is_source: Mask, part: str) -> Numbers:
    source, target = (records[f"{end}_{part}"].to_numpy() for end in ("src", "dst"))
    either: Numbers = np.where(is_source, source, target).astype(np.int64)
    return either
