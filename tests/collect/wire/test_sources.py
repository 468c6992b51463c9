"""Who may send, and what is remembered of those who may not."""

import pytest

from hinomi.collect.wire.sources import REFUSED, Sources, parse_allowed
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
