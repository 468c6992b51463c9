"""Addresses of communal worlds are synthetic and told apart."""

import ipaddress

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hinomi.bench.communal.places import (
    LINES_V4,
    LINES_V6,
    REMOTE_V4,
    REMOTE_V6,
    is_own_v4,
    own_v6,
    render_place,
    render_places,
)


def test_an_ipv4_code_is_the_address() -> None:
    """Whatever range it lies in."""
    assert render_place(REMOTE_V4 + 1) == "240.0.0.1"
    assert render_place(LINES_V4 + 258) == "248.0.1.2"


def test_own_and_other_addresses_are_told_apart() -> None:
    """Lines, shared addresses and machines are own; 240.0.0.0/5 and IPv6 codes are not."""
    codes = np.array([LINES_V4, 0xC6120001, 0xC6130001, REMOTE_V4, REMOTE_V6 + 1])

    assert is_own_v4(codes).tolist() == [True, True, True, False, False]


@given(
    line=st.integers(0, 600_000),
    device=st.integers(0, 255),
    days=st.tuples(st.integers(0, 6), st.integers(0, 6)),
)
def test_people_change_their_ipv6_address_each_day_and_things_do_not(
    line: int, device: int, days: tuple[int, int]
) -> None:
    """All in one /56 of the own prefix; things say so by ff:fe in the middle."""
    codes = own_v6(np.full(2, line), np.full(2, device), np.array(days))
    first, second = (ipaddress.IPv6Address(render_place(code)) for code in codes.tolist())

    assert first in ipaddress.ip_network(LINES_V6)
    assert int(first) >> 72 == int(second) >> 72
    assert (first == second) == (device >= 16 or days[0] == days[1])
    assert (int(first) >> 24 & 0xFFFF == 0xFFFE) or device < 16


def test_different_lines_and_hosts_have_different_addresses() -> None:
    """No two codes render alike, whatever the order."""
    lines = np.arange(3_000)
    own = own_v6(lines, np.zeros(3_000, np.int64), np.zeros(3_000, np.int64))
    codes = np.concatenate([REMOTE_V6 + np.arange(70_000), own, REMOTE_V4 + lines])
    texts = render_places(codes).to_pylist()

    assert len(set(texts)) == len(texts)
    assert render_places(np.sort(codes)).to_pylist()[0] == "240.0.0.0"
    prefixes = {int(ipaddress.IPv6Address(text)) >> 72 for text in texts[70_000:73_000]}
    assert len(prefixes) == 3_000
