"""Own networks as values."""

import pytest

from hinomi.model.address import parse_address
from hinomi.model.network import AccessKind, Customer, OwnNetwork


def test_a_network_starts_as_a_plain_prefix() -> None:
    """Without further words it is PPP access of customers unknown, one line an address."""
    network = OwnNetwork(base=parse_address("192.0.2.0"), length=120)

    assert (network.kind, network.customer, network.line_bits) == (
        AccessKind.PPP,
        Customer.UNKNOWN,
        32,
    )


@pytest.mark.parametrize("length", [-1, 129])
def test_a_prefix_length_has_its_bounds(length: int) -> None:
    """An address has 128 bits."""
    with pytest.raises(ValueError, match="prefix length"):
        OwnNetwork(base=parse_address("2001:db8::"), length=length)


@pytest.mark.parametrize(
    ("base", "line_bits", "fits"),
    [("192.0.2.0", 48, True), ("192.0.2.0", 49, False), ("192.0.2.0", 0, False),
     ("2001:db8::", 128, True), ("2001:db8::", 129, False)],
)  # fmt: skip
def test_a_line_has_bits_of_its_family(base: str, line_bits: int, fits: bool) -> None:  # noqa: FBT001 - a table of cases.
    """IPv4 ends at 32 bits and 16 of the port, IPv6 at 128."""
    length = 120 if fits else 96
    if fits:
        made = OwnNetwork(base=parse_address(base), length=length, line_bits=line_bits)
        assert made.line_bits == line_bits
    else:
        with pytest.raises(ValueError, match="line_bits"):
            OwnNetwork(base=parse_address(base), length=length, line_bits=line_bits)
