"""Who may send, and what is remembered of those who may not."""

from ipaddress import IPv6Address, IPv6Network

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.wire.sources import REFUSED, AllowList, Sources, parse_allowed
from hinomi.errors import ConfigError


def _v4(last: int) -> bytes:
    return b"\0" * 10 + b"\xff\xff" + bytes([192, 0, 2, last])


def test_allowed_addresses_are_numbered_in_the_order_of_appearance() -> None:
    """The same address keeps its number; IPv4 and IPv6 share one row of numbers."""
    sources = Sources.allowing(["192.0.2.0/24", "2001:db8::1"])
    v6 = bytes.fromhex("20010db8000000000000000000000001")

    assert [sources.number(_v4(7)), sources.number(v6), sources.number(_v4(7))] == [0, 1, 0]
    assert [sources.text(0), sources.text(1)] == ["192.0.2.7", "2001:db8::1"]


def test_a_stranger_is_refused_and_counted() -> None:
    """Datagrams of addresses outside the list are counted by address, up to a bound."""
    sources = Sources(allowed=parse_allowed(["192.0.2.1"]), most_refused=1)

    assert sources.number(_v4(2), 5) == REFUSED
    assert sources.number(_v4(2), 1) == REFUSED
    assert sources.number(_v4(3), 4) == REFUSED

    assert sources.refused == {_v4(2): 6}
    assert sources.refused_others == 4
    assert sources.addresses == []


def test_exporters_beyond_the_limit_get_no_number() -> None:
    """A whole prefix that is allowed cannot fill the memory."""
    sources = Sources.allowing(["192.0.2.0/24"], most=2)

    assert [sources.number(_v4(last), 3) for last in (1, 2, 3, 1)] == [0, 1, REFUSED, 0]
    assert sources.over_limit == 3


def test_a_claimed_address_may_still_not_send() -> None:
    """An agent address names an exporter; datagrams from it need to be allowed themselves."""
    sources = Sources.allowing(["192.0.2.1"])

    assert sources.claim(_v4(9)) == 0
    assert sources.number(_v4(9)) == REFUSED
    assert sources.number(_v4(1)) == 1


def test_an_empty_list_allows_nobody() -> None:
    """Forgetting the list opens nothing."""
    assert Sources.allowing([]).number(_v4(1)) == REFUSED


def test_a_new_list_counts_at_once() -> None:
    """Who was refused before is judged anew; numbers stay."""
    sources = Sources.allowing(["192.0.2.1"])
    sources.number(_v4(1))
    sources.number(_v4(2))

    sources.allow(parse_allowed(["192.0.2.2"]))

    assert sources.number(_v4(1)) == REFUSED
    assert sources.number(_v4(2)) == 1


@pytest.mark.parametrize("text", ["192.0.2.1/24", "router", "300.0.0.1", ""])
def test_what_is_no_prefix_is_named(text: str) -> None:
    """The message says which option and which entry."""
    with pytest.raises(ConfigError, match=r"collect\.allow: .*no address and no prefix"):
        Sources.allowing([text])


@given(
    prefixes=st.lists(st.tuples(st.integers(0, 2**128 - 1), st.integers(0, 128)), max_size=6),
    others=st.lists(st.integers(0, 2**128 - 1), max_size=6),
    steps=st.lists(st.integers(-1, 1), min_size=6, max_size=6),
)
def test_a_list_covers_what_its_prefixes_hold(
    prefixes: list[tuple[int, int]], others: list[int], steps: list[int]
) -> None:
    """Whatever overlaps or touches: the answer is that of each prefix asked on its own."""
    networks = [IPv6Network((base, length), strict=False) for base, length in prefixes]
    edges = [int(each.network_address) for each in networks]
    edges += [int(each.broadcast_address) for each in networks]
    near = [edge + step for edge, step in zip(edges, steps * 2, strict=False)]
    asked = [value for value in (*others, *edges, *near) if 0 <= value < 2**128]
    rows = np.frombuffer(b"".join(v.to_bytes(16, "big") for v in asked), np.uint8).reshape(-1, 16)

    found = AllowList(networks).covers(rows)

    expected = [any(IPv6Address(value) in each for each in networks) for value in asked]
    assert found.tolist() == expected


def test_strangers_are_looked_up_all_at_once() -> None:
    """However many addresses are forged, a block of them brings few names and one sum."""
    sources = Sources.allowing([f"198.51.100.{number}" for number in range(200)])
    strangers = np.frombuffer(b"".join(_v4(last) for last in range(250)), np.uint8).reshape(-1, 16)
    datagrams = np.ones(250, np.int64)
    datagrams[7] = 40

    found = sources.find(strangers, datagrams, np.ones(250, np.bool_))

    assert set(found.tolist()) == {REFUSED}
    assert sources.refused[_v4(7)] == 40
    assert len(sources.refused) == 8
    assert sum(sources.refused.values()) + sources.refused_others == 289


def test_who_sends_all_the_time_comes_to_stand_among_the_refused() -> None:
    """A router that is missing in the list is named, though forged addresses came first."""
    sources = Sources(allowed=(), most_refused=3)
    for last in range(1, 100):
        sources.number(_v4(last))
        sources.number(_v4(200))

    assert sources.refused[_v4(200)] == 99
    assert sum(sources.refused.values()) + sources.refused_others == 198


def test_own_addresses_are_counted_and_never_named() -> None:
    """A subscriber that sends to the port leaves no address, whenever own networks are told."""
    sources = Sources.allowing(["192.0.2.1"])
    sources.number(_v4(7), 3)
    sources.number(_v4(9), 2)

    sources.hide(lambda addresses: addresses[:, 15] == 9)
    sources.number(_v4(9), 5)
    sources.number(_v4(7), 1)

    assert sources.refused == {_v4(7): 4}
    assert (sources.refused_own, sources.refused_others) == (7, 0)


def test_a_new_list_takes_no_count_back() -> None:
    """Counters only rise: who may send now is no longer named, but stays in the sum."""
    sources = Sources.allowing(["192.0.2.1"])
    sources.number(_v4(2), 4)
    sources.number(_v4(3), 2)

    sources.allow(parse_allowed(["192.0.2.2"]))

    assert sources.refused == {_v4(3): 2}
    assert sources.refused_others == 4


def test_a_single_address_gets_its_number_whatever_the_limit() -> None:
    """Who forges senders inside a wide prefix keeps no named exporter out."""
    sources = Sources.allowing(["192.0.2.0/24", "198.51.100.1", "2001:db8::1/128"], most=2)
    for last in range(5):
        sources.number(_v4(last))

    v4 = b"\0" * 10 + b"\xff\xff" + bytes([198, 51, 100, 1])
    assert sources.number(v4) == 2
    assert sources.number(bytes.fromhex("20010db8000000000000000000000001")) == 3
    assert sources.number(_v4(9)) == REFUSED
    assert sources.over_limit == 4


def test_the_second_half_of_the_numbers_is_for_exports() -> None:
    """Four bytes from forged addresses of a wide prefix leave room for exporters."""
    sources = Sources.allowing(["192.0.2.0/24"], most=4)
    junk = np.frombuffer(b"".join(map(_v4, range(9))), np.uint8).reshape(-1, 16)

    found = sources.find(junk, np.ones(9, np.int64), np.zeros(9, np.bool_))

    assert found.tolist() == [0, 1] + [REFUSED] * 7
    assert sources.is_choosy
    assert sources.number(_v4(200)) == 2


@pytest.mark.parametrize("text", ["::ffff:192.0.2.0/124", "192.0.2.0/28"])
def test_a_mapped_prefix_is_the_ipv4_prefix(text: str) -> None:
    """Both spellings allow the same senders."""
    sources = Sources.allowing([text])

    assert [sources.number(_v4(last)) for last in (0, 15, 16)] == [0, 1, REFUSED]
