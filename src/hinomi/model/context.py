"""
Context: dated local tables about addresses, and the keys by which networks are looked up.

A table holds bulk data of others (routes, allocations, earlier lists). It is a feature
with a source, never a verdict: a clean address is not acquitted, a neighbour is not guilty.
"""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.clock import parse_time

DAY_MS: Final = 86_400_000
UNKNOWN: Final = -1
"""In a column of a context table: not stated."""

NO_KEY: Final = -1
"""Of an address that lies in no network anybody routes."""

FIRST_V6_KEY: Final = 1 << 32
"""Keys below are IPv4 addresses, keys from here on the upper halves of IPv6 addresses."""


class ContextKind(StrEnum):
    """What a context table says of addresses or networks."""

    ROUTES = "routes"
    ALLOCATIONS = "allocations"
    HISTORY = "history"
    PDNS = "pdns"
    CERTIFICATES = "certificates"
    AS_KINDS = "as-kinds"


class NetworkKind(IntEnum):
    """What an autonomous system mostly does, as far as a table says."""

    UNKNOWN = 0
    HOSTING = 1
    ACCESS = 2
    OTHER = 3


SCHEMAS: Final = {
    kind: pa.schema([(name, pa.int64()) for name in names])
    for kind, names in {
        ContextKind.ROUTES: ("first", "last", "asn"),
        ContextKind.ALLOCATIONS: ("first", "last", "registered_ms"),
        ContextKind.HISTORY: ("hi", "lo", "listed_ms"),
        ContextKind.PDNS: ("hi", "lo", "names", "newest_ms"),
        ContextKind.CERTIFICATES: ("hi", "lo", "port", "not_before_ms", "self_signed"),
        ContextKind.AS_KINDS: ("asn", "kind"),
    }.items()
}
"""
The columns of each kind of table, all int64.

`first` and `last` are `network_keys`, inclusive; such tables are sorted and disjoint. `hi` and
`lo` are the halves of one address; rows are sorted and distinct by all columns up to them
(certificates: up to the port). `listed_ms`: first listing, UNKNOWN where not stated. `names`:
names seen on the address; `newest_ms`: when the newest of them was first seen. `self_signed`:
1, 0 or UNKNOWN. `kind`: a `NetworkKind`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableStatement:
    """What one context table is: from whom, under which licence, as of which day."""

    kind: ContextKind
    source: str
    licence: str
    day: str  # ISO 8601; everything in the table was known by the end of this day, UTC.
    rows: int
    sha256: str  # Of the file it was read from, hex.
    added_ms: int

    @property
    def starts_ms(self) -> int:
        """The first moment of the table's day."""
        return parse_time(self.day)

    @property
    def ends_ms(self) -> int:
        """The first moment after the table's day."""
        return self.starts_ms + DAY_MS

    def is_before(self, moment_ms: int) -> bool:
        """Tell whether nothing in the table can be later than *moment_ms* (R19)."""
        return self.ends_ms <= moment_ms

    @property
    def label(self) -> str:
        """Who says so and as of when, for reasons."""
        return f"{self.source}, {self.day}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextTable:
    """One context table in memory."""

    statement: TableStatement
    rows: pa.Table  # Of SCHEMAS[statement.kind].


def parse_day(text: str) -> str:
    """
    Check a day given as ``2026-01-31`` and give it in this form.

    Raises:
        ValueError: If it is none.
    """
    return date.fromisoformat(text).isoformat()


def network_keys(hi: NDArray[np.int64], lo: NDArray[np.int64]) -> NDArray[np.int64]:
    """
    Give each address one number by which networks are looked up, shape of *hi*.

    An IPv4 address is its own number; of an IPv6 address it is the upper half, since
    nobody routes or allocates less than a /64. NO_KEY where neither makes a network:
    ::/32 (RFC 4291) and the upper half of IPv6, which holds no global unicast.
    """
    v4 = (hi == 0) & (lo >> 32 == 0xFFFF)  # noqa: PLR2004 - RFC 4291, section 2.5.5.2.
    v6 = np.where(hi >= FIRST_V6_KEY, hi, NO_KEY)
    return np.where(v4, lo & 0xFFFFFFFF, v6)
