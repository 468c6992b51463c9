"""Special addresses are those that the standard library holds not to be global."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.model.address import parse_address
from hinomi.verify.blocks import BLOCKS, block_of

FORMER_RELAYS = ipaddress.ip_network((0xC0586300, 24))
SERVICES_OF_ALL = tuple(
    ipaddress.ip_network((base, 24)) for base in (0xC01FC400, 0xC034C100, 0xC0AF3000)
)
"""Anycast of AS112 and AMT: global, and a server of nobody in particular."""


@given(st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address))
def test_ipv4_is_special_where_it_is_not_global(address: ipaddress.IPv4Address) -> None:
    """RFC 6890 and multicast, and the anycast blocks that everybody shares."""
    shared = any(address in network for network in (*SERVICES_OF_ALL, FORMER_RELAYS))
    # Older Pythons hold only parts of the protocol assignments not to be global.
    shared |= address in ipaddress.ip_network((0xC0000000, 24))
    is_special = not address.is_global or address.is_multicast or shared

    assert (block_of(parse_address(str(address))) is not None) == is_special


@pytest.mark.parametrize(
    ("address", "what", "bits"),
    [
        ("10.1.2.3", "private use", 8),
        ("172.31.0.1", "private use", 12),
        ("192.168.1.1", "private use", 16),
        ("100.127.0.1", "address space shared behind carriers' NAT", 10),
        ("203.0.113.7", "documentation", 24),
        ("240.0.0.1", "reserved", 4),
        ("255.255.255.255", "broadcast", 32),
        ("224.0.0.251", "multicast", 4),
        ("2001:db8::1", "documentation", 32),
        ("fd00::1", "unique local", 7),
        ("fe80::1", "link-local", 10),
        ("ff02::1", "multicast", 8),
        ("::1", "unspecified, loopback and outdated forms", 96),
        ("4000::1", "IPv6 that nobody was given", 0),
    ],
)
def test_a_block_says_what_it_is(address: str, what: str, bits: int) -> None:
    """The name and the length as it is written, of IPv4 and IPv6."""
    block = block_of(parse_address(address))

    assert block is not None
    assert (block.en, block.prefix_bits) == (what, bits)


def test_ordinary_addresses_are_in_no_block() -> None:
    """A global unicast address of either family may be somebody's host."""
    for number in (0x08000001, 0xC0000101, 0xDFFFFFFF):
        assert block_of(parse_address(str(ipaddress.IPv4Address(number)))) is None
    assert block_of(parse_address(str(ipaddress.IPv6Address(0x2600 << 112)))) is None


def test_only_documentation_and_what_nobody_has_is_nobodys() -> None:
    """Private, shared and multicast addresses are no hosts in any exercise."""
    kinds = {block.en for block in BLOCKS if block.is_nobodys}

    assert kinds == {"documentation", "benchmarking", "reserved"}


def test_every_block_is_named_in_both_languages() -> None:
    """English and Japanese, and no base reaches beyond its length."""
    for block in BLOCKS:
        assert block.en
        assert block.ja
        assert block.base % (1 << 128 - block.bits) == 0
