"""Addresses of a world are synthetic, distinct, and told apart as own and remote."""

import ipaddress

import numpy as np
import pytest

from hinomi.bench.addressing import (
    MAX_LINES,
    OWN_V6_PREFIX,
    is_open,
    is_own,
    line_codes,
    own_v6_codes,
    random_own,
    random_remote,
    remote_v6_codes,
    render_code,
    render_codes,
)

REMOTE = [ipaddress.ip_network("240.0.0.0/5"), ipaddress.ip_network("2001:db8:f000::/36")]


def test_own_codes_are_own() -> None:
    """Lines, IPv6 hosts and places in the own prefixes; no remote host is."""
    line = np.arange(0, 2_000_000, 9_973, dtype=np.int64)
    own = np.concatenate(
        [
            line_codes(5_000),
            line_codes(5_000, np.ones(5_000, np.bool_)),
            own_v6_codes(line, line + 1, line % 7),
            random_own(1_000, np.random.default_rng(1)),
        ]
    )
    remote = random_remote(1_000, np.random.default_rng(1))

    assert is_own(own).all()
    assert not is_own(remote).any()
    assert not is_own(remote_v6_codes(remote)).any()


def test_remote_addresses_lie_in_reserved_ranges() -> None:
    """Nobody outside has an address that could be somebody's."""
    hosts = random_remote(1_000, np.random.default_rng(1))
    texts = [render_code(code) for code in [*hosts.tolist(), *remote_v6_codes(hosts).tolist()]]

    for text in texts:
        address = ipaddress.ip_address(text)
        assert any(address in each for each in REMOTE if each.version == address.version)


def test_own_ipv6_addresses_lie_in_their_prefix() -> None:
    """Also those of the last of very many lines."""
    line = np.array([0, 7, MAX_LINES - 1], np.int64)

    for code in own_v6_codes(line, line, line).tolist():
        assert ipaddress.ip_address(render_code(code)) in ipaddress.ip_network(OWN_V6_PREFIX)


def test_the_hosts_of_a_line_share_its_delegated_prefix() -> None:
    """Two devices on two days lie in one /56; two lines do not."""
    line = np.array([7, 7, 8], np.int64)
    texts = [render_code(code) for code in own_v6_codes(line, np.arange(3), np.arange(3)).tolist()]
    prefixes = [ipaddress.ip_network(f"{text}/56", strict=False) for text in texts]

    assert texts[0] != texts[1]
    assert prefixes[0] == prefixes[1] != prefixes[2]


def test_a_closed_line_has_another_code_that_is_as_distinct() -> None:
    """Who can be called from outside is told by the code."""
    closed = np.array([False, True, False])

    codes = line_codes(3, closed)

    assert is_open(codes).tolist() == [True, False, True]
    assert np.unique(codes).size == 3


def test_a_line_has_no_address_by_itself() -> None:
    """Which one it has depends on the time: rendering its code is a mistake."""
    with pytest.raises(ValueError, match="names a line"):
        render_code(int(line_codes(1)[0]))


def test_too_many_lines_are_refused() -> None:
    """The prefixes have an end."""
    with pytest.raises(ValueError, match="at most"):
        line_codes(MAX_LINES + 1)


def test_columns_render_like_single_codes() -> None:
    """IPv4 and IPv6, some of them twice."""
    hosts = random_remote(50, np.random.default_rng(3))
    codes = np.concatenate(
        [hosts, remote_v6_codes(hosts), own_v6_codes(hosts, hosts, hosts), hosts]
    )
    codes = codes & ~np.int64(0)
    texts = render_codes(codes[:150]).to_pylist()

    assert texts[:100] == [render_code(code) for code in codes[:100].tolist()]
    assert render_codes(codes[:0]).to_pylist() == []
