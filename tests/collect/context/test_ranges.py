"""Disjoint ranges answer as the longest prefix does."""

import ipaddress

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.context.ranges import disjoint, span
from hinomi.collect.lists.fields import parse_prefix
from hinomi.detect.context import find_ranges
from hinomi.model.address import parse_address
from hinomi.model.context import network_keys

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Prefixes crowd in few bits, so that they nest, touch and repeat.
V4 = st.builds(
    lambda low, bits: ipaddress.ip_network((0xC6120000 + (low << 9), bits), strict=False),
    st.integers(0, 255),
    st.integers(15, 32),
)
V6 = st.builds(
    lambda low, bits: ipaddress.ip_network(((0x3FFF << 112) + (low << 64), bits), strict=False),
    st.integers(0, 255),
    st.integers(20, 64),
)
ADDRESSES = st.one_of(
    st.integers(0xC6110000, 0xC6150000).map(ipaddress.IPv4Address),
    st.integers((0x3FFE << 112) + (1 << 111), (0x3FFF << 112) + (300 << 64)).map(
        ipaddress.IPv6Address
    ),
)


def longest(networks: list[Network], address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> int:
    """Find the longest prefix the slow way: its index plus 1, 0 for none; the later of equals."""
    best, bits = 0, -1
    for number, network in enumerate(networks, start=1):
        if network.version == address.version and address in network and network.prefixlen >= bits:
            best, bits = number, network.prefixlen
    return best


def spans_of(networks: list[Network]) -> tuple[np.ndarray, np.ndarray]:
    """Give first and last keys of prefixes."""
    pairs = []
    for network in networks:
        found = span(*parse_prefix(str(network)))
        assert not isinstance(found, str)
        pairs.append(found)
    first, last = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return first, last


@given(st.lists(st.one_of(V4, V6), max_size=40), st.lists(ADDRESSES, min_size=1, max_size=30))
def test_the_longest_prefix_speaks(
    networks: list[Network],
    addresses: list[ipaddress.IPv4Address | ipaddress.IPv6Address],
) -> None:
    """For any prefixes of both families, look-up equals a search with `ipaddress`."""
    value = np.arange(1, len(networks) + 1, dtype=np.int64)
    first, last, says = disjoint(*spans_of(networks), value)
    edges = [each for network in networks for each in (network[0], network[-1])]
    asked = [*addresses, *edges]
    parsed = [parse_address(str(each)) for each in asked]
    wanted = network_keys(np.array([a.hi for a in parsed]), np.array([a.lo for a in parsed]))

    place = find_ranges(first, last, wanted)

    found = [int(says[at]) if at >= 0 else 0 for at in place]
    assert found == [longest(networks, each) for each in asked]
    assert (first <= last).all()
    assert (first[1:] > last[:-1]).all()


def test_neighbours_of_one_value_become_one_range() -> None:
    """Two halves of a prefix that say the same are one range."""
    first, last, says = disjoint(np.array([256, 0]), np.array([511, 255]), np.array([7, 7]))

    assert (first.tolist(), last.tolist(), says.tolist()) == ([0], [511], [7])


def test_what_has_no_place_says_why() -> None:
    """A default route, a tiny IPv6 prefix and what is not global have no keys."""
    assert span(*parse_prefix("0.0.0.0/0")) == span(*parse_prefix("::/0")) == "default-route"
    assert span(*parse_prefix("2001:db8::/65")) == "longer-than-64"
    for text in ("fe80::/10", "::/16", "4000::/2", "8000::/1"):
        assert span(*parse_prefix(text)) == "not-global"


def test_nothing_makes_nothing() -> None:
    """No range in, none out, and nothing is found in them."""
    nothing = np.empty(0, dtype=np.int64)

    assert [each.size for each in disjoint(nothing, nothing, nothing)] == [0, 0, 0]
    assert find_ranges(nothing, nothing, np.array([1, 2])).tolist() == [-1, -1]
