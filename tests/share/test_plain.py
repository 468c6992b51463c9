"""The list as lines."""

from typing import Any

from hypothesis import given

from editioned import DEDICATED, EPOCH, histories, server, versions_of
from hinomi.model.address import parse_address
from hinomi.model.listing import Listing
from hinomi.model.protocol import parse_protocol
from hinomi.share.plain import render_plain


def test_a_line_is_address_protocol_and_port() -> None:
    """Both families, and nothing beside the three facts."""
    listings = [
        Listing(each.address, each.proto, each.port, DEDICATED, EPOCH)
        for each in (server("192.0.2.1", 443), server("2001:db8::7", 53, 17))
    ]

    assert render_plain(listings) == b"192.0.2.1 tcp 443\n2001:db8::7 udp 53\n"
    assert render_plain([]) == b""


@given(histories())
def test_lines_read_back_to_the_servers(history: Any) -> None:
    """Every server stands there once, in the order of the snapshot."""
    listings = [each.listing() for each in versions_of(history) if not each.is_revoked]
    read = [line.split(" ") for line in render_plain(listings).decode().splitlines()]

    assert [
        (parse_address(address), parse_protocol(protocol), int(port))
        for address, protocol, port in read
    ] == [(each.address, each.proto, each.port) for each in listings]
