"""The addresses that datagrams come from, each with a small number of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Network,
    IPv6Address,
    IPv6Network,
    collapse_addresses,
    ip_network,
)
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from hinomi.errors import ConfigError

REFUSED: Final = -1
"""Number of every address that may not send."""

Addresses = NDArray[np.uint8]
"""Addresses of 16 bytes, IPv4 as ::ffff:a.b.c.d, shape (n, 16)."""

_MAPPED_BITS: Final = 96
_WHOLE_BITS: Final = 128
_WHOLE: Final = "S16"
"""Addresses as one value each: they compare byte by byte, as the numbers they are."""

_NAMED_AT_ONCE: Final = 8
"""Refused addresses that one block may bring into the table: a flood of them costs no more."""


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


class AllowList:
    """Prefixes as disjoint intervals: whole blocks of addresses are looked up at once."""

    def __init__(self, networks: Sequence[IPv6Network]) -> None:
        """Compile *networks*, which may overlap."""
        merged = list(collapse_addresses(networks))
        self._first = np.array([each.network_address.packed for each in merged], _WHOLE)
        self._last = np.array([each.broadcast_address.packed for each in merged], _WHOLE)
        self.singles = frozenset(
            each.network_address.packed for each in networks if each.prefixlen == _WHOLE_BITS
        )
        """What stands in the list as one address."""

    def covers(self, addresses: Addresses) -> NDArray[np.bool_]:
        """Tell which of *addresses* are in the list, shape (n,)."""
        if not self._first.size:
            return np.zeros(len(addresses), np.bool_)
        wanted = np.ascontiguousarray(addresses).view(_WHOLE).ravel()
        place = np.searchsorted(self._first, wanted, side="right") - 1
        inside: NDArray[np.bool_] = (place >= 0) & (wanted <= self._last[place])
        return inside


@dataclass(slots=True)
class Sources:
    """
    The allow-list, and the numbers given so far: 0, 1, 2 ... in the order of appearance.

    An address is 16 bytes, IPv4 as ::ffff:a.b.c.d. What may not send has no number and
    takes no memory beyond a bounded table of counts (robustness case 20).

    Notes:
        A forged sender inside a wide prefix takes a number for good, for numbers are places
        in many tables. So the second half of them is given only to who sends an export,
        and what stands in the list as a single address gets one whatever the limit.
    """

    allowed: tuple[IPv6Network, ...]
    most: int = 4096  # Exporters that get a number; later ones are refused.
    most_refused: int = 256  # Refused addresses that are counted one by one.
    addresses: list[bytes] = field(default_factory=list)
    refused: dict[bytes, int] = field(default_factory=dict)  # Datagrams by address.
    refused_own: int = 0  # Datagrams of own networks' addresses, which nobody names.
    refused_others: int = 0  # Datagrams of addresses beyond that table.
    over_limit: int = 0  # Datagrams of allowed addresses that got no number.
    _is_own: Callable[[Addresses], NDArray[np.bool_]] | None = None
    _numbers: dict[bytes, int] = field(default_factory=dict)
    _senders: set[bytes] = field(default_factory=set)  # Known to be allowed.
    _list: AllowList = field(init=False)

    def __post_init__(self) -> None:
        self._list = AllowList(self.allowed)

    @classmethod
    def allowing(cls, prefixes: Sequence[str], *, most: int = 4096) -> Self:
        """
        Allow the addresses in *prefixes*, CIDRs or addresses as text.

        Raises:
            ConfigError: If one is neither.
        """
        return cls(allowed=parse_allowed(prefixes), most=most)

    @property
    def is_choosy(self) -> bool:
        """Tell whether further numbers of wide prefixes are for those who send an export."""
        return len(self.addresses) >= self.most // 2

    def number(self, address: bytes, datagrams: int = 1) -> int:
        """Give the number of *address*, or `REFUSED` and count its *datagrams*."""
        if address in self._senders:
            return self._numbers[address]
        one = np.frombuffer(address, np.uint8).reshape(1, -1)
        return int(self.find(one, np.array([datagrams]), np.ones(1, np.bool_))[0])

    def find(
        self,
        addresses: Addresses,
        datagrams: NDArray[np.int64],
        is_export: NDArray[np.bool_],
    ) -> NDArray[np.int32]:
        """
        Give the numbers of different addresses; new ones get theirs in this order.

        Args:
            addresses: Shape (n, 16), each once.
            datagrams: How many each sent, shape (n,); counted where it is refused.
            is_export: Whether one of them looks like an export, shape (n,).

        Returns:
            Numbers, shape (n,); `REFUSED` for whoever may not send.
        """
        found = np.full(len(addresses), REFUSED, np.int32)
        allowed = self._list.covers(addresses)
        rows = np.flatnonzero(allowed)
        for row, count, exports in zip(
            rows.tolist(), datagrams[rows].tolist(), is_export[rows].tolist(), strict=True
        ):
            address = addresses[row].tobytes()
            found[row] = number = self.claim(address, count, is_export=exports)
            if number != REFUSED:
                self._senders.add(address)
        if rows.size < len(addresses):
            self._refuse(addresses[~allowed], datagrams[~allowed])
        return found

    def claim(self, address: bytes, datagrams: int = 1, *, is_export: bool = True) -> int:
        """Give the number of an address that an allowed sender names as the exporter's own."""
        known = self._numbers.get(address)
        if known is not None:
            return known
        room = self.most if is_export else self.most // 2
        if len(self.addresses) >= room and address not in self._list.singles:
            self.over_limit += datagrams
            return REFUSED
        self._numbers[address] = len(self.addresses)
        self.addresses.append(address)
        return self._numbers[address]

    def allow(self, allowed: tuple[IPv6Network, ...]) -> None:
        """Put another allow-list in place of this one; numbers and sums stay as they are."""
        self.allowed = allowed
        self._list = AllowList(allowed)
        self._senders.clear()
        for address, _ in self._named(self._list.covers):
            self.refused_others += self.refused.pop(address)

    def hide(self, is_own: Callable[[Addresses], NDArray[np.bool_]]) -> None:
        """
        Name no refused address that *is_own* tells to be a subscriber's, not in memory either.

        Args:
            is_own: Tells of addresses, shape (n, 16), which are in the own networks, shape
                (n,). To be given again when those change.
        """
        self._is_own = is_own
        for address, _ in self._named(is_own):
            self.refused_own += self.refused.pop(address)

    def text(self, number: int) -> str:
        """Render the address with this number; IPv4 in its own form."""
        return render_source(self.addresses[number])

    def _named(self, which: Callable[[Addresses], NDArray[np.bool_]]) -> list[tuple[bytes, int]]:
        """Give what of the table *which* tells."""
        if not self.refused:
            return []
        addresses = np.frombuffer(b"".join(self.refused), np.uint8).reshape(-1, 16)
        told = which(addresses).tolist()
        return [item for item, is_told in zip(self.refused.items(), told, strict=True) if is_told]

    def _refuse(self, addresses: Addresses, datagrams: NDArray[np.int64]) -> None:
        """Count the datagrams of strangers, shape (n, 16) and (n,)."""
        if self._is_own is not None:
            is_own = self._is_own(addresses)
            self.refused_own += int(datagrams[is_own].sum())
            addresses, datagrams = addresses[~is_own], datagrams[~is_own]
        if len(addresses) > _NAMED_AT_ONCE:
            most = np.argsort(-datagrams, kind="stable")
            self.refused_others += int(datagrams[most[_NAMED_AT_ONCE:]].sum())
            named = np.sort(most[:_NAMED_AT_ONCE])
            addresses, datagrams = addresses[named], datagrams[named]
        for address, count in zip(addresses, datagrams.tolist(), strict=True):
            if count:
                self._name(address.tobytes(), count)

    def _name(self, address: bytes, count: int) -> None:
        """Count a stranger by name, in the place of one that sent less if need be."""
        if address not in self.refused and len(self.refused) >= self.most_refused:
            # So who sends all the time comes to stand there, however many come and go.
            least = min(self.refused, key=self.refused.__getitem__)
            if self.refused[least] > count:
                self.refused_others += count
                return
            self.refused_others += self.refused.pop(least)
        self.refused[address] = self.refused.get(address, 0) + count


def render_source(address: bytes) -> str:
    """Render the 16 bytes of an address as text; IPv4 in its own form."""
    parsed = IPv6Address(address)
    return str(parsed.ipv4_mapped or parsed)
