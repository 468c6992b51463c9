"""A table's day, and the keys by which networks are looked up."""

import numpy as np
import pytest

from contexts import statement
from hinomi.clock import parse_time
from hinomi.model.address import parse_address
from hinomi.model.context import NO_KEY, SCHEMAS, ContextKind, network_keys, parse_day


def key(text: str) -> int:
    """Give the key of one address."""
    address = parse_address(text)
    return int(network_keys(np.array([address.hi]), np.array([address.lo]))[0])


def test_an_ipv4_address_is_its_own_key() -> None:
    """The key is the number of the address."""
    assert key("192.0.2.1") == 0xC0000201
    assert key("255.255.255.255") == 2**32 - 1


def test_an_ipv6_address_goes_by_its_upper_half() -> None:
    """Two addresses of one /64 have one key, which no IPv4 address has."""
    assert key("2001:db8::1") == key("2001:db8::ffff") == 0x20010DB8 << 32
    assert key("2001:db8::") >= 2**32


@pytest.mark.parametrize("text", ["::1", "::192.0.2.1", "0:0:1::", "fe80::1", "ff02::1"])
def test_what_nobody_routes_has_no_key_or_none_of_ipv4(text: str) -> None:
    """Addresses of ::/32 and of the upper half cannot be taken for IPv4 networks."""
    assert key(text) == NO_KEY or key(text) >= 2**32


def test_a_table_is_before_a_window_only_when_its_day_is_over() -> None:
    """A table of the window's own first day may know what happened in the window."""
    stated = statement(ContextKind.ROUTES, 0, day="2025-01-01")

    assert not stated.is_before(parse_time("2025-01-01"))
    assert not stated.is_before(parse_time("2025-01-02") - 1)
    assert stated.is_before(parse_time("2025-01-02"))


def test_a_label_names_source_and_day() -> None:
    """Reasons quote both."""
    assert statement(ContextKind.ROUTES, 0, source="x", day="2025-01-01").label == "x, 2025-01-01"


def test_every_kind_has_its_columns() -> None:
    """No kind is without a schema."""
    assert set(SCHEMAS) == set(ContextKind)


@pytest.mark.parametrize("text", ["2025-13-01", "yesterday", "", "2025-01-01T00:00:00Z"])
def test_a_day_is_a_day(text: str) -> None:
    """Anything but a calendar day is refused."""
    with pytest.raises(ValueError, match=r".+"):
        parse_day(text)
    assert parse_day("2025-01-31") == "2025-01-31"
