"""
Records of one template layout, as NetFlow v9 and IPFIX decoding hands them on.

Sets of all exporters whose templates have the same bytes are decoded together: the cost is
one per layout and not one per exporter. What the elements mean is decided elsewhere.
"""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

V9_VENDOR: Final = -1
"""Stands for the enterprise of NetFlow v9 field types from 32768: vendors' own, without a PEN."""

REVERSE_PEN: Final = 29305
"""Enterprise number of the elements of the way back (RFC 5103, section 6.1)."""

UNKNOWN_UPTIME: Final = -1


def element(number: int, enterprise: int = 0) -> int:
    """Make the key of an information element: its enterprise number and its own."""
    return enterprise << 16 | number


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """What the headers of n datagrams of one version say, shape (n,) each."""

    source: NDArray[np.int32]  # Number of the exporter.
    domain: NDArray[np.int64]  # Observation domain or source id.
    stream: NDArray[np.int32]  # Number of (source, version, domain), given on first sight.
    sequence: NDArray[np.int64]
    export_ms: NDArray[np.int64]  # Clock of the exporter, ms since the Unix epoch.
    uptime_ms: NDArray[np.int64]  # sysUptime at export; `UNKNOWN_UPTIME` in IPFIX.
    arrived_ms: NDArray[np.int64]

    def first(self, count: int) -> "Headers":
        """Give the headers of the first *count* datagrams."""
        if count == self.source.size:
            return self
        return Headers(**{each.name: getattr(self, each.name)[:count] for each in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordGroup:
    """
    n records of one layout.

    Numbers keep the width they came in, unsigned, in native byte order; reduced-size
    encodings of odd widths come as the next wider type (RFC 7011, section 6.2). An
    element that stands twice in a template has its first value, those of a tunnel's two
    headers that of the inner one.
    """

    version: int  # 9 or 10.
    is_options: bool
    scope: tuple[int, ...]  # Keys of the scope fields of options; v9 scopes: `V9_SCOPE` keys.
    datagram: NDArray[np.int64]  # Row in the headers of each record, shape (n,).
    numbers: dict[int, NDArray[Any]]  # By `element` key, shape (n,), unsigned integers.
    addresses: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]]  # IPv6: signed halves.
    frames: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]]  # Place and length of octets
    # that hold packet headers (IE 104, 313, 314, 315), in the buffer of the batch.
    discarded: int  # Fields of the layout that were not read.
    octets: NDArray[np.uint8] | None = None  # Where *frames* lie; None: the batch's buffer.

    def __len__(self) -> int:
        return self.datagram.size


V9_SCOPE: Final = -2
"""Stands for the enterprise of a NetFlow v9 scope type: 1 system, 2 interface, 3 line card,
4 cache, 5 template (RFC 3954, section 6.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What one version's datagrams of a batch came to."""

    headers: Headers  # First the *fresh* datagrams of this batch, in their order; then those
    # of earlier batches whose sets waited for a template.
    fresh: int
    units: NDArray[np.int64]  # What the sequence number counts in each fresh datagram (IPFIX:
    # data records), shape (fresh,); -1 where a set without template leaves it unknown.
    groups: list[RecordGroup]  # In the order they take effect: options before what they rule.
