"""The list as a response policy zone, read back by the rules of such zones."""

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editioned import COMPROMISED, DEDICATED, EPOCH
from hinomi.model.address import Address, from_int, parse_address, render_address
from hinomi.model.case import ServiceClass
from hinomi.model.listing import Listing
from hinomi.share.rpz import render_zone, trigger_of


def listing(
    address: str, port: int = 443, service_class: ServiceClass = DEDICATED, proto: int = 6
) -> Listing:
    """Describe a listing."""
    return Listing(parse_address(address), proto, port, service_class, EPOCH)


def refused(zone: bytes) -> set[str]:
    """Give the addresses that *zone* refuses."""
    owners = re.findall(r"^(\S+)\.rpz-ip CNAME \.$", zone.decode("ascii"), re.MULTILINE)
    return {read_trigger(each) for each in owners}


def read_trigger(owner: str) -> str:
    """Read a trigger as a resolver does (draft-vixie-dnsop-dns-rpz-00, section 4.3)."""
    length, *parts = owner.split(".")
    parts.reverse()
    if length == "32":
        return str(ipaddress.IPv4Address(".".join(parts)))
    assert length == "128"
    if "zz" in parts:
        at = parts.index("zz")
        parts[at : at + 1] = ["0"] * (9 - len(parts))
    assert len(parts) == 8
    return str(ipaddress.IPv6Address(":".join(parts)))


@pytest.mark.parametrize(
    ("address", "trigger"),
    [
        ("192.0.2.1", "32.1.2.0.192.rpz-ip"),
        ("2001:db8::7", "128.7.zz.db8.2001.rpz-ip"),
        ("2001:db8::", "128.zz.db8.2001.rpz-ip"),
        ("2001:db8:1:2:3:4:5:6", "128.6.5.4.3.2.1.db8.2001.rpz-ip"),
        ("::", "128.zz.rpz-ip"),
    ],
)
def test_a_trigger_is_the_address_from_its_end(address: str, trigger: str) -> None:
    """Prefix length first, then the parts backwards; zz stands for the zeros."""
    assert trigger_of(parse_address(address)) == trigger


@given(st.integers(0, 2**128 - 1))
def test_triggers_read_back_to_their_addresses(number: int) -> None:
    """No two addresses share a trigger, whatever zeros they have."""
    address: Address = from_int(number)

    trigger = trigger_of(address)

    assert read_trigger(trigger.removesuffix(".rpz-ip")) == render_address(address)


def test_only_addresses_of_dedicated_servers_are_refused() -> None:
    """Whoever shares an address with a victim's server is not cut off from it."""
    zone = render_zone(
        [
            listing("192.0.2.1"),
            listing("192.0.2.2", service_class=COMPROMISED),
            listing("198.51.100.7", 443),
            listing("198.51.100.7", 8443, COMPROMISED),
            listing("2001:db8::7"),
        ],
        serial=7,
    )

    assert refused(zone) == {"192.0.2.1", "2001:db8::7"}


def test_an_address_with_several_ports_stands_there_once() -> None:
    """The zone knows no ports."""
    zone = render_zone([listing("192.0.2.1", 1), listing("192.0.2.1", 2, proto=17)], serial=1)

    assert zone.count(b"rpz-ip") == 1


def test_the_serial_is_the_number_of_the_snapshot() -> None:
    """No date stands in the zone."""
    zone = render_zone([listing("192.0.2.1")], serial=4711).decode()

    assert "@ IN SOA localhost. nobody.invalid. 4711 3600 900 604800 3600\n" in zone
    assert "@ IN NS localhost.\n" in zone
    assert "2026" not in zone


def test_the_zone_says_whom_it_is_for() -> None:
    """Its first line is for whoever loads it."""
    assert render_zone([], serial=1).startswith(
        b"; Response policy zone: for resolvers that answer subscribers who consented"
    )


def test_every_record_is_one_that_a_zone_file_knows() -> None:
    """Comments, the time to live, and records of three types alone."""
    zone = render_zone([listing("192.0.2.9")], serial=1)
    known = re.compile(r";.*|\$TTL \d+|@ IN (SOA|NS) .*|\S+ CNAME \.")

    assert all(known.fullmatch(line) for line in zone.decode().splitlines())
    assert zone.endswith(b"\n")
