"""Addresses in two signed halves, checked against the standard library."""

import ipaddress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.model.address import (
    Address,
    from_int,
    from_packed,
    is_v4,
    pack_columns,
    parse_address,
    render_address,
    to_int,
    to_packed,
    unpack_columns,
)

_v4 = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
_numbers = st.integers(0, 2**128 - 1)


@given(_v4)
def test_ipv4_goes_in_and_out(address: ipaddress.IPv4Address) -> None:
    """It is held as ::ffff:a.b.c.d and shown dotted."""
    held = parse_address(str(address))

    assert is_v4(held)
    assert to_int(held) == 0xFFFF << 32 | int(address)
    assert render_address(held) == str(address)
    assert from_packed(address.packed) == held


@given(_numbers)
def test_ipv6_goes_in_and_out(number: int) -> None:
    """Text, 16 bytes, halves and the whole number say the same."""
    held = from_int(number)

    assert to_int(held) == number
    assert -(2**63) <= held.hi < 2**63
    assert -(2**63) <= held.lo < 2**63
    assert to_packed(held) == number.to_bytes(16, "big")
    assert from_packed(to_packed(held)) == held
    assert parse_address(str(ipaddress.IPv6Address(number))) == held
    assert is_v4(held) == (number >> 32 == 0xFFFF)
    if not is_v4(held):
        assert render_address(held) == str(ipaddress.IPv6Address(number))


def test_a_mapped_address_is_the_ipv4_address() -> None:
    """Both spellings are one address, so that it is not counted twice."""
    assert parse_address("::ffff:192.0.2.1") == parse_address("192.0.2.1")


@pytest.mark.parametrize(
    "text",
    ["", "host", "192.0.2", "192.0.2.1.1", "192.0.2.256", "192.0.2.01", " 192.0.2.1",
     "192.0.2.1/32", "fe80::1%eth0", "::g", "192.0.2.1\0", "\udcff", "\u0661.2.3.4", "1::2::3"],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_being_repeated(text: str) -> None:
    """It may be a subscriber's address with a slip of the pen."""
    with pytest.raises(ValueError, match=r"^not an IP address$"):
        parse_address(text)


@given(st.lists(_numbers))
def test_columns_lie_end_to_end(numbers: list[int]) -> None:
    """N addresses are n times 16 bytes in network order, and come back."""
    held = [from_int(number) for number in numbers]
    hi = np.array([address.hi for address in held], dtype=np.int64)
    lo = np.array([address.lo for address in held], dtype=np.int64)

    packed = pack_columns(hi, lo)

    assert packed == b"".join(to_packed(address) for address in held)
    back = unpack_columns(packed)
    assert [Address(*pair) for pair in zip(back[0].tolist(), back[1].tolist(), strict=True)] == held
