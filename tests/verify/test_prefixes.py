"""All entries that cover a service are found, as a slow look-up finds them."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guarded import entry, own_service, service
from hinomi.model.address import Address, parse_address
from hinomi.model.listed import ListEntry, ListKind, Role
from hinomi.model.service import Service
from hinomi.verify.prefixes import ListIndex, ListMatch

BENIGN = ListKind.BENIGN

PREFIXES = st.sampled_from(
    [
        *("203.0.113.0/24", "203.0.113.0/25", "203.0.113.8/30", "203.0.113.9/32"),
        *("198.51.100.0/24", "10.0.0.0/8"),
        *("2001:db8::/32", "2001:db8::/48", "2001:db8::8/125", "2001:db8::9/128"),
    ]
)  # fmt: skip
HOSTS = st.sampled_from(["203.0.113.9", "203.0.113.200", "198.51.100.1", "2001:db8::9", "10.1.1.1"])
PROTOCOLS = st.sampled_from([None, 6, 17])
PORTS = st.sampled_from([None, 0, 53, 65_535])


@given(
    entries=st.lists(st.tuples(PREFIXES, PROTOCOLS, PORTS), max_size=12),
    hosts=st.lists(st.tuples(HOSTS, st.sampled_from([6, 17]), st.sampled_from([0, 53, 65_535]))),
)
def test_every_entry_that_covers_a_service_is_found(
    entries: list[tuple[str, int | None, int | None]], hosts: list[tuple[str, int, int]]
) -> None:
    """The index finds what comparing each service with each entry finds, narrow ones first."""
    rows = [
        (BENIGN, str(number), entry(prefix, proto=proto, port=port))
        for number, (prefix, proto, port) in enumerate(entries)
    ]

    found = ListIndex(rows).covering([service(host, port, proto) for host, proto, port in hosts])

    for matches, (host, proto, port) in zip(found, hosts, strict=True):
        slowly = {
            str(number)
            for number, (prefix, its_proto, its_port) in enumerate(entries)
            if ipaddress.ip_address(host) in ipaddress.ip_network(prefix)
            and its_proto in {None, proto}
            and its_port in {None, port}
        }
        assert sorted(each.source for each in matches) == sorted(slowly)
        bits = [each.bits for each in matches]
        assert bits == sorted(bits, reverse=True)


def test_a_match_says_who_listed_what() -> None:
    """Source, label, role, length as it is written and whether the port is named."""
    rows = [
        (BENIGN, "mine", entry("203.0.113.0/24", label="cdn")),
        (ListKind.SINKHOLES, "theirs", entry("203.0.113.9", port=443, role=Role.SINKHOLE)),
    ]

    (found,) = ListIndex(rows).covering([service()])

    assert found == (
        ListMatch(
            kind=ListKind.SINKHOLES,
            source="theirs",
            bits=32,
            is_exact=True,
            role=Role.SINKHOLE,
        ),
        ListMatch(kind=BENIGN, source="mine", label="cdn", bits=24),
    )
    assert [each.name for each in found] == ["theirs", "mine (cdn)"]


def test_a_prefix_of_ipv6_has_its_own_length() -> None:
    """Lengths of IPv6 are those of the whole address."""
    (found,) = ListIndex([(BENIGN, "x", entry("2001:db8::/32"))]).covering([service("2001:db8::1")])

    assert [(each.bits, each.is_v4) for each in found] == [(32, False)]


def test_a_pseudonym_is_never_taken_for_an_address() -> None:
    """Entries of the own network meet services of the own network, and no others."""
    pseudonym = own_service()
    plain = Service(pseudonym.address, pseudonym.proto, pseudonym.port)
    rows = [
        (BENIGN, "own", ListEntry(base=pseudonym.address, own=True)),
        (BENIGN, "plain", ListEntry(base=pseudonym.address)),
    ]

    found = ListIndex(rows).covering([pseudonym, plain])

    assert [[each.source for each in matches] for matches in found] == [["own"], ["plain"]]


@pytest.mark.parametrize("services", [[], [service()]])
def test_no_entries_cover_nothing(services: list[Service]) -> None:
    """Without entries every service has an empty tuple, without services there are none."""
    assert ListIndex([]).covering(services) == [()] * len(services)
    assert ListIndex([(BENIGN, "x", entry("203.0.113.9"))]).covering([]) == []


def test_negative_halves_are_masked_rightly() -> None:
    """IPv6 addresses with the highest bit set are numbers below zero in their columns."""
    base = parse_address("fc00::")
    rows = [(BENIGN, "x", ListEntry(base=base, length=7))]

    found = ListIndex(rows).covering([service("fdff::1"), service("fe80::1")])

    assert base < Address(0, 0)
    assert [len(each) for each in found] == [1, 0]
