"""The file of own networks."""

import pytest

from hinomi.collect.networks import parse_own_networks, render_own_networks
from hinomi.errors import MalformedDocument
from hinomi.model.address import parse_address
from hinomi.model.network import AccessKind, Customer


def test_a_plain_list_of_prefixes_is_enough() -> None:
    """Comments and blank lines go; lines are IPv4 addresses and IPv6 /56 networks."""
    text = "# ours\n192.0.2.0/24\n\n2001:db8::/32  # home\n198.51.100.7\n"

    first, second, third = parse_own_networks(text, "own.txt")

    assert (first.base, first.length, first.line_bits) == (parse_address("192.0.2.0"), 120, 32)
    assert (second.length, second.line_bits) == (32, 56)
    assert (third.length, third.line_bits) == (128, 32)


@pytest.mark.parametrize(
    ("prefix", "line_bits"), [("2001:db8::/64", 64), ("2001:db8::1/128", 128), ("2001:db8::1", 128)]
)
def test_a_line_is_never_larger_than_its_prefix(prefix: str, line_bits: int) -> None:
    """An IPv6 prefix longer than /56 is one line of its own length."""
    assert parse_own_networks(prefix, "own.txt")[0].line_bits == line_bits


def test_every_column_is_read() -> None:
    """Kind, offset, line length, customer and first day all arrive."""
    text = "192.0.2.0/24, MAP-E:4, 40, Corporate, 2026-01-01\n2001:db8::/32,,,private"

    shared, plain = parse_own_networks(text, "own.txt")

    assert (shared.kind, shared.port_offset, shared.line_bits) == (AccessKind.MAP_E, 4, 40)
    assert (shared.customer, shared.valid_from_ms) == (Customer.CORPORATE, 1_767_225_600_000)
    assert (plain.kind, plain.customer) == (AccessKind.PPP, Customer.PRIVATE)


@pytest.mark.parametrize(("kind", "offset"), [("map-e", 6), ("cgnat", 0), ("map-e:0", 0)])
def test_port_offsets_have_their_defaults(kind: str, offset: int) -> None:
    """MAP-E leaves 6 bits out, port blocks of a CGNAT none."""
    assert parse_own_networks(f"192.0.2.0/24,{kind},40", "own.txt")[0].port_offset == offset


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("192.0.2.1/24", "host bits"),
        ("2001:db8::1/64", "host bits"),
        ("192.0.2.0/33", "prefix length"),
        ("192.0.2.0/-1", "prefix length"),
        ("192.0.2.0/", "prefix length"),
        ("192.0.2.0/\u0663", "prefix length"),
        ("fe80::%eth0/64", "no IPv4 or IPv6 prefix"),
        ("::ffff:192.0.2.0/120", "dotted"),
        ("hello", "no IPv4 or IPv6 prefix"),
        ("192.0.2.0/24,fibre", "no kind"),
        ("192.0.2.0/24,map-e:16", "port offset"),
        ("192.0.2.0/24,map-e:6,48", "exceed"),
        ("192.0.2.0/24,ppp,49", "line_bits"),
        ("192.0.2.0/24,ppp,16", "larger than its prefix"),
        ("192.0.2.0/24,ppp,32,friend", "no customer"),
        ("192.0.2.0/24,ppp,32,private,soon", "no ISO 8601 date"),
        ("192.0.2.0/24,ppp,32,private,2026-01-01,more", "columns"),
    ],
)
def test_a_bad_line_is_named_by_file_and_line_but_never_repeated(line: str, cause: str) -> None:
    """The message says where and why, and holds nothing of the address."""
    with pytest.raises(MalformedDocument, match=cause) as caught:
        parse_own_networks(f"# first\n{line}\n", "own.txt")

    assert (caught.value.path, caught.value.line) == ("own.txt", 2)
    assert "192.0.2" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "# nothing\n\n"])
def test_an_empty_list_is_refused(text: str) -> None:
    """Without own networks no end of any flow could be told."""
    with pytest.raises(MalformedDocument, match="names no prefix"):
        parse_own_networks(text, "own.txt")


def test_a_repeated_line_counts_once_and_a_contradiction_is_refused() -> None:
    """The same words twice are harmless; two kinds for one prefix are not."""
    assert len(parse_own_networks("192.0.2.0/24\n192.0.2.0/24\n", "own.txt")) == 1
    with pytest.raises(MalformedDocument, match="line 2: says otherwise"):
        parse_own_networks("192.0.2.0/24\n192.0.2.0/24,cgnat\n", "own.txt")


@pytest.mark.parametrize(
    "line",
    [
        "192.0.2.0/24, ppp, 32, unknown",
        "198.51.100.0/25, map-e, 40, private, 2026-12-01",
        "198.51.100.128/25, map-e:0, 40, private, 2026-12-01T09:30:00",
        "198.51.100.128/25, ppp:4, 40, wholesale",
        "2001:db8::/32, ipoe, 48, corporate",
        "2001:db8::1/128, infrastructure, 128, unknown",
    ],
)
def test_networks_are_rendered_as_a_file_says_them(line: str) -> None:
    """Whoever changes one network can begin with the text of all."""
    networks = parse_own_networks(line, "own.txt")

    assert render_own_networks(networks) == f"{line}\n"
    assert parse_own_networks(render_own_networks(networks), "own.txt") == networks
