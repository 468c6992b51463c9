"""The most specific entry that covers a service is found, as by a plain search."""

import ipaddress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import services_table
from hinomi.detect.known import match
from hinomi.model.address import Address, from_int, from_packed, to_int
from hinomi.model.listed import ListEntry

# Few distinct addresses, so that entries and services meet.
V4 = st.integers(0, 15).map(lambda low: ipaddress.ip_address((198 << 24 | 51 << 16) + low))
V6 = st.tuples(st.sampled_from([0, 1 << 63, 1 << 64]), st.integers(0, 7)).map(
    lambda parts: ipaddress.ip_address((0x20010DB8 << 96) + parts[0] + parts[1])
)
PLAIN = st.one_of(V4, V6)
PROTO, PORT = st.sampled_from([None, 6, 17, 0]), st.sampled_from([None, 80, 443, 0])


def address_of(plain: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Address:
    """Give the halves of an address of the standard library."""
    return from_packed(plain.packed)


@st.composite
def entries(draw: st.DrawFn) -> ListEntry:
    """Draw an entry: a prefix of any length, or a pseudonym, with or without port."""
    plain = draw(PLAIN)
    own = draw(st.booleans())
    width = plain.max_prefixlen
    length = width if own else draw(st.sampled_from([0, 8, width - 4, width - 2, width - 1, width]))
    network = ipaddress.ip_network((plain, length), strict=False)
    return ListEntry(
        base=address_of(network.network_address),
        length=length + 128 - width,
        proto=draw(PROTO),
        port=draw(PORT),
        own=own,
    )


@st.composite
def services(draw: st.DrawFn) -> dict[str, int]:
    """Draw a service."""
    address = address_of(draw(PLAIN))
    return {
        "remote_hi": address.hi,
        "remote_lo": address.lo,
        "remote_own": draw(st.integers(0, 1)),
        "proto": draw(st.sampled_from([6, 17, 0])),
        "remote_port": draw(st.sampled_from([80, 443, 0])),
    }


def covers(entry: ListEntry, service: dict[str, int]) -> bool:
    """Tell whether *entry* covers *service*, by the standard library."""
    network = ipaddress.IPv6Network((to_int(entry.base), entry.length))
    address = ipaddress.IPv6Address(to_int(Address(service["remote_hi"], service["remote_lo"])))
    return (
        address in network
        and int(entry.own) == service["remote_own"]
        and entry.proto in {None, service["proto"]}
        and entry.port in {None, service["remote_port"]}
    )


def rank(entry: ListEntry) -> tuple[int, bool, bool]:
    """Say how specific an entry is."""
    return entry.length, entry.proto is not None, entry.port is not None


@settings(deadline=None)
@given(listed=st.lists(entries(), max_size=12), met=st.lists(services(), min_size=1, max_size=12))
def test_the_match_is_that_of_a_plain_search(
    listed: list[ListEntry], met: list[dict[str, int]]
) -> None:
    """Each service gets the most specific entry that covers it, -1 where none does."""
    found = match(services_table(*met), listed)

    for service, place in zip(met, found.tolist(), strict=True):
        covering = [entry for entry in listed if covers(entry, service)]
        if place < 0:
            assert covering == []
        else:
            assert covers(listed[place], service)
            assert rank(listed[place]) == max(map(rank, covering))


@settings(deadline=None)
@given(bits=st.integers(1, 128), base=st.integers(0, 2**128 - 1))
def test_every_prefix_length_ends_at_its_bit(bits: int, base: int) -> None:
    """The last bit inside the prefix tells addresses apart, the first one outside does not."""
    entry = ListEntry(base=from_int(base), length=bits)
    flips = [0, 1 << (128 - bits)] + ([1 << (127 - bits)] if bits < 128 else [])
    halves = [from_int(base ^ flip) for flip in flips]
    table = services_table(*({"remote_hi": half.hi, "remote_lo": half.lo} for half in halves))

    assert match(table, [entry]).tolist() == [0, -1, 0][: len(flips)]


def test_a_port_stated_beats_an_address_alone() -> None:
    """Address, protocol and port win over the address, whichever comes first."""
    base = Address(0, 0xFFFF_C633_6401)
    exact = ListEntry(base=base, proto=6, port=443)
    anything = ListEntry(base=base)

    assert match(services_table({}), [exact, anything]).tolist() == [0]
    assert match(services_table({}), [anything, exact]).tolist() == [1]


@pytest.mark.parametrize("rows", [0, 2])
def test_an_empty_list_covers_nothing(rows: int) -> None:
    """No entries, no match."""
    table = services_table({}, {}).slice(0, rows)

    assert match(table, []).tolist() == [-1] * rows
    assert match(table.slice(0, 0), [ListEntry(base=Address(0, 0))]).dtype == np.int64
