"""Addresses of a world are synthetic, distinct, and told apart as own and remote."""

import ipaddress

import numpy as np
import pytest

from hinomi.bench.addressing import (
    LINES_V4,
    OWN_NETWORKS,
    Allocation,
    is_own,
    line_codes,
    own_v6_codes,
    random_own,
    random_remote,
    remote_v6_codes,
    render_code,
    render_codes,
    shared_codes,
)

OWN = [ipaddress.ip_network(row[0]) for row in OWN_NETWORKS]
REMOTE = [ipaddress.ip_network("240.0.0.0/4"), ipaddress.ip_network("2001:db8:f000::/36")]


def _lies_in(code: int, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    address = ipaddress.ip_address(render_code(code))
    return any(address in network for network in networks if network.version == address.version)


def test_own_addresses_lie_in_the_own_networks() -> None:
    """Lines, shared addresses and IPv6 hosts are all inside the prefixes that are written."""
    line = np.arange(0, 90_000, 997, dtype=np.int64)
    codes = np.concatenate(
        [
            line_codes(5_000),
            shared_codes(np.arange(200)),
            own_v6_codes(line, line + 1, line % 7),
            random_own(1_000, np.random.default_rng(1)),
        ]
    )

    assert is_own(codes).all()
    assert all(_lies_in(code, OWN) for code in codes.tolist())


def test_remote_addresses_lie_in_reserved_ranges() -> None:
    """Nobody outside has an address that could be somebody's."""
    hosts = Allocation(5).take(5_000)
    codes = np.concatenate(
        [
            hosts,
            remote_v6_codes(hosts[:500]),
            random_remote(1_000, np.random.default_rng(1)),
        ]
    )

    assert not is_own(codes).any()
    assert all(_lies_in(code, REMOTE) for code in codes.tolist())


def test_no_address_is_given_twice() -> None:
    """Every line that fits and every allocated host has an address of its own."""
    allocation = Allocation(123)
    hosts = np.concatenate([allocation.take(100_000), allocation.take(100_000)])

    assert np.unique(line_codes(LINES_V4 - 1)).size == LINES_V4 - 1
    assert np.unique(hosts).size == hosts.size


def test_the_hosts_of_a_line_share_its_delegated_prefix() -> None:
    """Two devices on two days lie in one /56; two lines do not."""
    line = np.array([7, 7, 8], np.int64)
    texts = [render_code(code) for code in own_v6_codes(line, np.arange(3), np.arange(3)).tolist()]
    prefixes = [ipaddress.ip_network(f"{text}/56", strict=False) for text in texts]

    assert texts[0] != texts[1]
    assert prefixes[0] == prefixes[1] != prefixes[2]


def test_a_column_is_rendered_as_its_codes_one_by_one() -> None:
    """Rendering each distinct address once changes nothing."""
    codes = np.concatenate([random_remote(50, np.random.default_rng(2))] * 2)

    assert render_codes(codes).to_pylist() == [render_code(code) for code in codes.tolist()]


def test_more_lines_than_addresses_are_refused() -> None:
    """A world too big for the synthetic prefixes is the caller's mistake."""
    with pytest.raises(ValueError, match="at most"):
        line_codes(LINES_V4)
    with pytest.raises(ValueError, match="at most"):
        shared_codes(np.array([250]))
