"""
Listings as a DNS response policy zone, for resolvers that answer consenting subscribers.

A zone of this kind has no port: it refuses every name that leads to an address. So only addresses
stand in it whose every listing is of a server that serves its botnet alone.

Source:
    DNS Response Policy Zones, draft-vixie-dnsop-dns-rpz-00 (never an RFC): section 4.3 (rpz-ip
    triggers), 3.1 (``CNAME .`` answers NXDOMAIN).
"""

import ipaddress
from collections.abc import Iterable
from typing import Final

from hinomi.model.address import Address, is_v4, to_packed
from hinomi.model.case import ServiceClass
from hinomi.model.listing import Listing

TTL_SECONDS: Final = 3600
"""For how long a resolver may keep a record: the zone itself changes once an epoch."""

_HEADER: Final = """\
; Response policy zone: for resolvers that answer subscribers who consented, and nobody else.
; TLP:AMBER+STRICT. Addresses of dedicated C&C servers only; an address is refused on every port.
; Resolvers log who asked for what: switch that off (rpz-log), or count only.
"""


def render_zone(listings: Iterable[Listing], *, serial: int) -> bytes:
    """
    Render the zone of *listings*, whatever its operator calls it.

    Args:
        listings: Of one snapshot.
        serial: Number of that snapshot. A date would tell more and would not be better.
    """
    every = tuple(listings)
    shared = {each.address for each in every if each.service_class is not ServiceClass.DEDICATED}
    chosen = sorted({each.address for each in every} - shared)
    lines = [
        f"$TTL {TTL_SECONDS}",
        # Refresh, retry and expire in seconds: after a week without the hub the zone is void.
        f"@ IN SOA localhost. nobody.invalid. {serial} {TTL_SECONDS} 900 604800 {TTL_SECONDS}",
        "@ IN NS localhost.",
        *(f"{trigger_of(address)} CNAME ." for address in chosen),
        "",
    ]
    return (_HEADER + "\n".join(lines)).encode("ascii")


def trigger_of(address: Address) -> str:
    """
    Name the trigger of one address.

    Returns:
        Prefix length, then the parts of the address from the last to the first: bytes of IPv4;
        of IPv6 its groups in hexadecimal, with ``zz`` where RFC 5952 writes ``::``.
    """
    if is_v4(address):
        return ".".join(("32", *map(str, reversed(to_packed(address)[-4:])), "rpz-ip"))
    return ".".join(("128", *reversed(_groups(address)), "rpz-ip"))


def _groups(address: Address) -> list[str]:
    before, gap, after = str(ipaddress.IPv6Address(to_packed(address))).partition("::")
    middle = ["zz"] if gap else []
    return [*_split(before), *middle, *_split(after)]


def _split(text: str) -> list[str]:
    return text.split(":") if text else []
