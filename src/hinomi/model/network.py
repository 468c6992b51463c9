"""The provider's own networks: whose addresses are subscribers, and what a line is there."""

from dataclasses import dataclass
from enum import StrEnum

from hinomi.model.address import Address, is_v4


class AccessKind(StrEnum):
    """How subscribers of a prefix are connected."""

    PPP = "ppp"
    IPOE = "ipoe"
    MAP_E = "map-e"
    DS_LITE = "ds-lite"
    CGNAT = "cgnat"
    HOSTING = "hosting"
    INFRASTRUCTURE = "infrastructure"


class Customer(StrEnum):
    """Who the subscribers of a prefix are."""

    PRIVATE = "private"
    CORPORATE = "corporate"
    WHOLESALE = "wholesale"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNetwork:
    """
    One own prefix.

    *line_bits* is the length of what one line has: 32 for an IPv4 address, 56 for a
    delegated IPv6 prefix. IPv4 values of 33..48 share one address among lines by port
    set: the bits above 32 are the length of the port-set identifier (RFC 7597 calls it
    PSID), taken from the port after its first *port_offset* bits.
    """

    base: Address
    length: int  # Bits of the 128-bit form: an IPv4 /24 is 120.
    kind: AccessKind = AccessKind.PPP
    line_bits: int = 32
    port_offset: int = 0
    customer: Customer = Customer.UNKNOWN
    valid_from_ms: int = 0

    def __post_init__(self) -> None:
        limit = 48 if is_v4(self.base) else 128
        if not 0 <= self.length <= 128:  # noqa: PLR2004 - bits of an address.
            raise ValueError(f"prefix length {self.length} is outside 0..128")
        if not 1 <= self.line_bits <= limit:
            raise ValueError(f"line_bits {self.line_bits} is outside 1..{limit}")
