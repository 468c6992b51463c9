"""The fields of list files, read strictly."""

import ipaddress
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.clock import parse_time
from hinomi.collect.lists.fields import (
    clean_label,
    find_role,
    find_transport,
    is_hostname,
    parse_endpoint,
    parse_port,
    parse_prefix,
    parse_role,
    parse_transport,
    parse_when,
)
from hinomi.collect.lists.intake import BadLine
from hinomi.model.address import from_packed, parse_address
from hinomi.model.listed import Role


@given(st.ip_addresses(), st.data())
def test_prefixes_agree_with_the_standard_library(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, data: st.DataObject
) -> None:
    """Base and length are those of `ipaddress`, host bits cleared, in the 128-bit form."""
    bits = data.draw(st.integers(0, address.max_prefixlen))
    network = ipaddress.ip_network(f"{address}/{bits}", strict=False)

    base, length = parse_prefix(f"{address}/{bits}")

    assert base == from_packed(network.network_address.packed)
    assert length == 128 - address.max_prefixlen + bits


@pytest.mark.parametrize(
    "text",
    ["", "host.example", "192.0.2", "192.0.2.256", "192.0.2.1/33", "192.0.2.0/24/1", "192.0.2.0/",
     "192.0.2.0/-1", "192.0.2.0/0000024", "192.0.2.0/255.255.255.0", "2001:db8::/129",
     "fe80::1%eth0", "192.0.2.٣", "192.0.2.0/٢٤", "\ud800"],
)  # fmt: skip
def test_what_is_no_prefix_is_refused_without_repeating_it(text: str) -> None:
    """The message says how it is wrong, never what it was."""
    with pytest.raises(BadLine) as caught:
        parse_prefix(text)

    assert not text or text not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("host.example", True),
        ("HOST.Example.", True),
        ("1.host-2.example", True),
        ("xn--bcher-kva.example", True),
        ("host.example1", True),
        (".".join(["a" * 63] * 3 + ["a" * 61]), True),
        (".".join(["a" * 63] * 3 + ["a" * 62]), False),
        ("a" * 64 + ".example", False),
        ("word", False),
        ("", False),
        (".", False),
        ("host..example", False),
        ("-host.example", False),
        ("host-.example", False),
        ("host_of.example", False),
        ("b\u00fccher.example", False),
        ("host.example:80", False),
        ("host.example/path", False),
        ("192.0.2.256", False),
        ("192.0.2", False),
        ("2001:db8::1", False),
    ],
)
def test_host_names_are_made_of_labels(text: str, *, expected: bool) -> None:
    """At least two, of letters, digits and inner hyphens, with a letter in the last."""
    assert is_hostname(text) is expected


@given(st.text())
def test_any_text_is_a_prefix_or_a_bad_line(text: str) -> None:
    """No text brings anything else about, in any of the fields."""
    for parse in (
        parse_prefix,
        parse_endpoint,
        parse_port,
        parse_transport,
        parse_when,
        parse_role,
    ):
        with suppress(BadLine):
            parse(text)


@pytest.mark.parametrize(
    ("text", "address", "length", "port"),
    [
        ("192.0.2.1", "192.0.2.1", 128, None),
        (" 192.0.2.1:80 ", "192.0.2.1", 128, 80),
        ("192.0.2.0/24", "192.0.2.0", 120, None),
        ("2001:db8::1", "2001:db8::1", 128, None),
        ("[2001:db8::1]", "2001:db8::1", 128, None),
        ("[2001:db8::1]:8080", "2001:db8::1", 128, 8080),
    ],
)
def test_an_address_may_carry_its_port(
    text: str, address: str, length: int, port: int | None
) -> None:
    """As URLs write it: behind a colon, IPv6 in brackets."""
    assert parse_endpoint(text) == (parse_address(address), length, port)


@pytest.mark.parametrize(
    "text", ["192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "[2001:db8::1", "[2001:db8::1]80"]
)
def test_half_an_endpoint_is_refused(text: str) -> None:
    """A colon promises a port, a bracket its partner."""
    with pytest.raises(BadLine):
        parse_endpoint(text)


@pytest.mark.parametrize(
    ("text", "port"),
    [("1", 1), (" 65535 ", 65535), ("00080", 80), ("", None), ("*", None), ("Any", None)],
)
def test_a_port_is_a_number_or_not_stated(text: str, port: int | None) -> None:
    """Not stated means any."""
    assert parse_port(text) == port


@pytest.mark.parametrize("text", ["0", "65536", "-1", "8e1", "0x50", "000000080", "٨٠"])
def test_what_is_no_port_is_refused(text: str) -> None:
    """Ports go from 1 to 65535, in ASCII digits."""
    with pytest.raises(BadLine, match="from 1 to 65535"):
        parse_port(text)


@pytest.mark.parametrize(
    ("text", "proto"),
    [
        ("tcp", 6),
        ("UDP", 17),
        ("17", 17),
        ("HTTPS", 6),
        ("TLS", 6),
        ("DNS", 17),
        ("icmp", 1),
        ("", None),
    ],
)
def test_a_transport_may_be_named_by_what_runs_over_it(text: str, proto: int | None) -> None:
    """Lists name applications where flow records hold transports."""
    assert parse_transport(text) == proto


def test_the_transport_is_found_among_the_layers() -> None:
    """STIX states every layer in one list: a transport wins over an application."""
    assert find_transport(["ipv4", "dns", "tcp"]) == 6
    assert find_transport(["ipv6", "http"]) == 6
    assert find_transport(["ipv4", "unheard-of"]) is None


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2020/09/04 23:32:24", "2020-09-04T23:32:24Z"),
        ("2023-05-23 17:51:44 UTC", "2023-05-23T17:51:44Z"),
        ("2024-04-01", "2024-04-01T00:00:00Z"),
        ("2024-04-01T09:00:00+09:00", "2024-04-01T00:00:00Z"),
    ],
)
def test_times_come_in_the_spellings_of_the_feeds(text: str, same: str) -> None:
    """No zone means UTC."""
    assert parse_when(text) == parse_time(same)


@pytest.mark.parametrize("text", ["yesterday", "2024-13-01", "1969-12-31", "0001-01-01", "1e9"])
def test_what_is_no_time_since_1970_is_refused(text: str) -> None:
    """A list cannot have been kept before."""
    with pytest.raises(BadLine, match="time"):
        parse_when(text)


def test_a_blank_time_is_not_stated() -> None:
    """Feeds leave the last sighting open."""
    assert parse_when("  ") is None


@pytest.mark.parametrize(
    ("text", "role"),
    [("C2", Role.C2), ("command_and_control", Role.C2), ("initial contact", Role.INITIAL_CONTACT),
     ("upper", Role.UPPER), ("", Role.UNKNOWN)],
)  # fmt: skip
def test_roles_have_their_common_names(text: str, role: Role) -> None:
    """Spaces, dashes and underscores are one; nothing stated is unknown."""
    assert parse_role(text) == role


def test_the_first_stated_role_counts() -> None:
    """Other words around it say nothing of a role."""
    assert find_role(["malicious-activity", "sinkhole", "c2"]) == Role.SINKHOLE
    assert find_role(["malicious-activity"]) == Role.UNKNOWN


def test_a_label_cannot_act_on_a_terminal() -> None:
    """Control characters become spaces, and it ends after 200 characters."""
    assert clean_label(" Bot\x1b[31m\n ") == "Bot [31m"
    assert len(clean_label("x" * 1000)) == 200


def test_a_label_holds_no_address() -> None:
    """An own address is a pseudonym in the entry: its label must not give it away."""
    assert clean_label("beacon of 192.0.2.1, 2001:db8::1") == "beacon of [address], [address]"
    assert "192.0.2.1" not in clean_label("x" * 195 + " 192.0.2.1")
