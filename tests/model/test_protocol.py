"""Protocol numbers and names."""

import pytest

from hinomi.model.protocol import Protocol, parse_protocol, render_protocol


def test_names_go_in_and_out() -> None:
    """Every number is read back from what is shown for it."""
    for number in range(256):
        assert parse_protocol(render_protocol(number)) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("TCP", 6), (" udp ", 17), ("ipv6-icmp", 58), ("ICMP6", 58), ("6", 6), ("unas", 255)],
)
def test_the_spellings_of_flow_tools_are_understood(text: str, number: int) -> None:
    """Any case, and the names that Argus and nfdump print."""
    assert parse_protocol(text) == number


@pytest.mark.parametrize("text", ["", "arp", "256", "-1", "\u0666", "6.0"])
def test_what_is_no_protocol_is_refused(text: str) -> None:
    """Neither a name nor a number of 8 bits."""
    with pytest.raises(ValueError, match="not an IP protocol"):
        parse_protocol(text)


def test_the_named_protocols_have_their_iana_numbers() -> None:
    """TCP is 6 everywhere."""
    assert [render_protocol(number) for number in Protocol] == ["icmp", "tcp", "udp", "ipv6-icmp"]
