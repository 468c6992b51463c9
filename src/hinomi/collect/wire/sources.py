"""The addresses that datagrams come from, each with a small number of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final, Self

from hinomi.errors import ConfigError

REFUSED: Final = -1
"""Number of every address that may not send."""

_MAPPED_BITS: Final = 96


def parse_allowed(prefixes: Sequence[str]) -> tuple[IPv6Network, ...]:
    """
    Parse an allow-list; IPv4 in its mapped form.

    Raises:
        ConfigError: If one of *prefixes* is no address and no prefix.
    """
    allowed = []
    for prefix in prefixes:
        try:
            allowed.append(_mapped(ip_network(prefix)))
        except ValueError:
            raise ConfigError(
                f"collect.allow: {prefix} is no address and no prefix without host bits"
            ) from None
    return tuple(allowed)


def _mapped(network: IPv4Network | IPv6Network) -> IPv6Network:
    if isinstance(network, IPv6Network):
        return network
    base = IPv6Address(b"\0" * 10 + b"\xff\xff" + network.network_address.packed)
    return IPv6Network((base, network.prefixlen + _MAPPED_BITS))


@dataclass(slots=True)
class Sources:
    """
    The allow-list, and the numbers given so far: 0, 1, 2 ... in the order of appearance.

    An address is 16 bytes, IPv4 as ::ffff:a.b.c.d. What may not send has no number and
    takes no memory beyond a bounded table of counts (robustness case 20).
    """

    allowed: tuple[IPv6Network, ...]
    most: int = 4096  # Exporters that get a number; later ones are refused.
    most_refused: int = 256  # Refused addresses that are counted one by one.
    addresses: list[bytes] = field(default_factory=list)
    refused: dict[bytes, int] = field(default_factory=dict)  # Datagrams by address.
    refused_others: int = 0  # Datagrams of addresses beyond that table.
    over_limit: int = 0  # Datagrams of allowed addresses beyond *most*.
    _numbers: dict[bytes, int] = field(default_factory=dict)
    _senders: set[bytes] = field(default_factory=set)  # Known to be allowed.

    @classmethod
    def allowing(cls, prefixes: Sequence[str], *, most: int = 4096) -> Self:
        """
        Allow the addresses in *prefixes*, CIDRs or addresses as text.

        Raises:
            ConfigError: If one is neither.
        """
        return cls(allowed=parse_allowed(prefixes), most=most)

    def number(self, address: bytes, datagrams: int = 1) -> int:
        """Give the number of *address*, or `REFUSED` and count its *datagrams*."""
        if address in self._senders:
            return self._numbers[address]
        if address in self.refused or not self._is_allowed(address):
            self._refuse(address, datagrams)
            return REFUSED
        number = self.claim(address, datagrams)
        if number != REFUSED:
            self._senders.add(address)
        return number

    def claim(self, address: bytes, datagrams: int = 1) -> int:
        """Give the number of an address that an allowed sender names as the exporter's own."""
        known = self._numbers.get(address)
        if known is not None:
            return known
        if len(self.addresses) >= self.most:
            self.over_limit += datagrams
            return REFUSED
        self._numbers[address] = len(self.addresses)
        self.addresses.append(address)
        return self._numbers[address]

    def allow(self, allowed: tuple[IPv6Network, ...]) -> None:
        """Put another allow-list in place of this one; numbers stay as they are."""
        self.allowed = allowed
        self._senders.clear()
        self.refused.clear()

    def text(self, number: int) -> str:
        """Render the address with this number; IPv4 in its own form."""
        address = IPv6Address(self.addresses[number])
        return str(address.ipv4_mapped or address)

    def _is_allowed(self, address: bytes) -> bool:
        parsed = IPv6Address(address)
        return any(parsed in network for network in self.allowed)

    def _refuse(self, address: bytes, datagrams: int) -> None:
        if not datagrams:
            return
        if address in self.refused or len(self.refused) < self.most_refused:
            self.refused[address] = self.refused.get(address, 0) + datagrams
        else:
            self.refused_others += datagrams
