"""The table that tells own addresses from foreign ones, checked against plain arithmetic."""

import ipaddress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinomi.collect.networks import parse_own_networks
from hinomi.collect.ownership import NOT_OWN, OwnTable
from hinomi.model.address import Address, from_int, parse_address, render_address, to_int
from hinomi.model.network import OwnNetwork


def _find(table: OwnTable, *texts: str, ts_ms: int = 0) -> list[int]:
    found = [parse_address(text) for text in texts]
    return _find_all(table, found, ts_ms)


def _find_all(table: OwnTable, addresses: list[Address], ts_ms: int) -> list[int]:
    hi = np.array([a.hi for a in addresses], dtype=np.int64)
    lo = np.array([a.lo for a in addresses], dtype=np.int64)
    found = table.find(hi, lo, np.full(hi.size, ts_ms, dtype=np.int64))
    return [int(index) for index in found]


def _table(*lines: str) -> OwnTable:
    return OwnTable(parse_own_networks("\n".join(lines), "own.txt"))


def test_the_longest_prefix_wins() -> None:
    """A prefix inside another takes its addresses; what follows it is the outer one again."""
    table = _table("192.0.2.64/26", "192.0.2.80/28", "192.0.2.80/32", "2001:db8::/33")

    assert _find(table, "192.0.2.79", "192.0.2.80", "192.0.2.81", "192.0.2.96") == [0, 2, 1, 0]
    assert _find(table, "192.0.2.63", "192.0.2.128") == [NOT_OWN, NOT_OWN]
    assert _find(table, "2001:db8:7fff::1", "2001:db8:8000::") == [3, NOT_OWN]


def test_halves_are_compared_without_their_sign() -> None:
    """Addresses whose upper bit is set come after all others, not before."""
    table = _table("2001:db8::/33", "8000::/1", "::/8")

    assert _find(table, "ffff::1", "2001:db8::8000:0:0:1", "2001:db8:8000::", "::1") == [
        1, 0, NOT_OWN, 2,
    ]  # fmt: skip


def test_an_ipv6_prefix_never_covers_ipv4() -> None:
    """::/0 is all of IPv6 and none of IPv4, although IPv4 is held as ::ffff:a.b.c.d."""
    assert _find(_table("::/0"), "192.0.2.1", "2001:db8::1") == [NOT_OWN, 0]
    assert _find(_table("0.0.0.0/0"), "192.0.2.1", "2001:db8::1") == [0, NOT_OWN]


def test_a_prefix_holds_from_its_day_on() -> None:
    """Before its day the outer prefix holds; a later line for one prefix replaces the first."""
    table = _table(
        "192.0.2.0/24",
        "192.0.2.0/25,cgnat,,,1970-01-01T00:00:01",
        "192.0.2.0/24,hosting,,,1970-01-01T00:00:02",
    )

    assert _find(table, "192.0.2.1", "192.0.2.200", ts_ms=999) == [0, 0]
    assert _find(table, "192.0.2.1", "192.0.2.200", ts_ms=1000) == [1, 0]
    assert _find(table, "192.0.2.1", "192.0.2.200", ts_ms=2000) == [1, 2]


@pytest.mark.parametrize("others", [[], ["192.0.2.64/26"], ["2001:db8::/32,ipoe,48"]])
def test_versions_may_be_mixed_or_alone(others: list[str]) -> None:
    """An address has the same owner whatever else is asked about, in either version."""
    table = _table("192.0.2.0/24", "2001:db8::/33", *others)
    texts = ["192.0.2.1", "192.0.2.65", "203.0.113.1", "2001:db8::1", "2001:db8:8000::1", "::1"]

    together = _find(table, *texts)

    assert together == [index for text in texts for index in _find(table, text)]
    assert together[0] == 0
    assert together[2] == NOT_OWN


def test_the_order_of_lines_does_not_matter() -> None:
    """Whichever line for one prefix begins later holds, wherever it stands."""
    table = _table("192.0.2.0/24,hosting,,,1970-01-01T00:00:02", "192.0.2.0/24")

    assert _find(table, "192.0.2.1", ts_ms=2000) == [0]
    assert _find(table, "192.0.2.1", ts_ms=0) == [1]


def test_an_empty_batch_has_no_answers() -> None:
    """No addresses in, no indices out."""
    assert _find(_table("192.0.2.0/24")) == []


@st.composite
def _networks(draw: st.DrawFn) -> OwnNetwork:
    # Few distinct bits, so that prefixes nest and meet often.
    v4 = draw(st.booleans())
    length = draw(st.integers(96, 128) if v4 else st.integers(0, 128))
    value = (0xFFFF << 32) | draw(_ipv4_numbers) if v4 else draw(_ipv6_numbers)
    base = from_int(value >> (128 - length) << (128 - length))
    return OwnNetwork(base=base, length=length, line_bits=32)


_ipv4_numbers = st.integers(0, 15).map(lambda bits: (192 << 24) | (bits << 12) | bits)
_ipv6_numbers = (
    st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(0, 3))
    .map(lambda bits: (bits[0] << 125) | (bits[1] << 62) | bits[2])
    .filter(lambda value: value >> 32 != 0xFFFF)
)


@pytest.mark.filterwarnings("error")
@settings(deadline=None)
@given(
    networks=st.lists(_networks(), max_size=12),
    addresses=st.lists(_ipv6_numbers | _ipv4_numbers.map(lambda n: n | 0xFFFF << 32)),
)
def test_the_table_agrees_with_a_search_by_hand(
    networks: list[OwnNetwork], addresses: list[int]
) -> None:
    """For any nest of prefixes the answer is the longest that holds the address."""
    networks = [n for n in networks if _is_plain(n)]
    found = _find_all(OwnTable(networks), [from_int(value) for value in addresses], 0)

    for value, index in zip(addresses, found, strict=True):
        holding = [n.length for n in networks if _covers(n, value)]
        assert (index == NOT_OWN) == (not holding)
        if index != NOT_OWN:
            assert _covers(networks[index], value)
            assert networks[index].length == max(holding)


def _is_plain(network: OwnNetwork) -> bool:
    # A base inside ::ffff:0:0/96 is IPv4 by definition and then at least 96 bits long.
    return network.length >= 96 or to_int(network.base) >> 32 != 0xFFFF


def _covers(network: OwnNetwork, value: int) -> bool:
    v4 = value >> 32 == 0xFFFF
    if v4 and network.length < 96:
        return False
    prefix = ipaddress.IPv6Network((to_int(network.base), network.length))
    return ipaddress.IPv6Address(value) in prefix


def _keys(table: OwnTable, rows: list[tuple[str, int, int]]) -> list[str]:
    found = [parse_address(text) for text, _, _ in rows]
    hi = np.array([a.hi for a in found], dtype=np.int64)
    lo = np.array([a.lo for a in found], dtype=np.int64)
    network = table.find(hi, lo, np.zeros(hi.size, dtype=np.int64))
    port = np.array([port for _, port, _ in rows], dtype=np.int32)
    proto = np.array([proto for _, _, proto in rows], dtype=np.int16)
    keys = table.line_keys(network, hi, lo, port, proto)
    halves = zip(*(half.tolist() for half in keys), strict=True)
    return [render_address(Address(*pair)) for pair in halves]


def test_a_line_key_is_the_address_or_the_delegated_prefix() -> None:
    """Host bits are zero; foreign addresses have lines of the default size."""
    table = _table("192.0.2.0/24", "192.0.2.128/25,ppp,29", "2001:db8::/32")

    assert _keys(table, [("192.0.2.9", 1, 6), ("192.0.2.143", 1, 6)]) == [
        "192.0.2.9",
        "192.0.2.136",
    ]
    assert _keys(table, [("2001:db8:0:12:3:4:5:6", 1, 6)]) == ["2001:db8::"]
    assert _keys(table, [("203.0.113.5", 1, 6), ("3fff:0:0:1ff::1", 1, 6)]) == [
        "203.0.113.5",
        "3fff:0:0:100::",
    ]


def test_a_shared_address_is_one_line_per_port_set() -> None:
    """
    The example of RFC 7597, appendix A: 8-bit port sets after a 6-bit offset.

    Port-set 0x34 has ports 1232-1235, 2256-2259, ... 64720-64723.
    """
    table = _table("192.0.2.0/24,map-e,40")
    ports = (1232, 1235, 2256, 64720, 64723)

    keys = _keys(table, [("192.0.2.18", port, 17) for port in ports])

    assert set(keys) == {"::35:ffff:c000:212"}
    assert set(_keys(table, [("192.0.2.18", 1236, 6)])).isdisjoint(keys)


@pytest.mark.parametrize(("port", "proto"), [(1023, 6), (0, 1), (2048, 1), (5000, 47)])
def test_what_belongs_to_no_port_set_is_a_line_of_its_own(port: int, proto: int) -> None:
    """Ports below the offset, ICMP and protocols without ports tell no port set."""
    table = _table("192.0.2.0/24,map-e,40")

    assert _keys(table, [("192.0.2.18", port, proto)]) == ["192.0.2.18"]


def test_port_blocks_without_offset_count_from_port_zero() -> None:
    """A CGNAT with 16 blocks of 4,096 ports has its first block at port 0."""
    table = _table("192.0.2.0/24,cgnat,36")
    keys = _keys(table, [("192.0.2.1", port, 6) for port in (0, 4095, 4096, 65535)])

    assert keys[0] == keys[1]
    assert [ipaddress.IPv6Address(key).packed[8:10].hex() for key in keys] == [
        "0001", "0001", "0002", "0010",
    ]  # fmt: skip


def test_a_port_set_number_may_fill_its_sixteen_bits() -> None:
    """Fifteen bits of port set reach into the sign of the low half and stay apart."""
    table = _table("192.0.2.0/24,cgnat,47")

    assert len(set(_keys(table, [("192.0.2.1", port, 6) for port in range(0, 65536, 2)]))) == 32768


def test_whole_addresses_are_told_to_be_ours() -> None:
    """Sixteen bytes each, as senders are known; from the day on that a network holds."""
    table = _table("192.0.2.0/24", "2001:db8::/32", "198.51.100.0/24, ppp, 32, private, 2026-01-02")
    texts = ("192.0.2.9", "203.0.113.1", "2001:db8:ffff::1", "fe80::1", "198.51.100.7")
    rows = [to_int(parse_address(text)).to_bytes(16, "big") for text in texts]
    addresses = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, 16)
    day_ms = 86_400_000

    assert table.holds(addresses, 0).tolist() == [True, False, True, False, False]
    assert table.holds(addresses, 20_600 * day_ms).tolist() == [True, False, True, False, True]
