"""Others live in autonomous systems, C&C servers beside those listed before."""

import numpy as np
import pytest

from hinomi.bench.addressing import REMOTE_BITS, REMOTE_V4
from hinomi.bench.internet import NEIGHBOURHOOD_BITS, Allocation, Business, InternetSpec


@pytest.fixture(scope="module")
def allocation() -> Allocation:
    """The remote addresses of one world."""
    return Allocation(8)


def test_no_address_is_given_twice(allocation: Allocation) -> None:
    """Not for one use, and not for two."""
    hosts = np.concatenate([allocation.take(50_000), allocation.take(50_000, "content")])

    assert np.unique(hosts).size == hosts.size


def test_prefixes_are_aligned_apart_and_inside_the_remote_range(allocation: Allocation) -> None:
    """As a routing table has them."""
    prefixes = sorted(allocation.internet.prefixes, key=lambda prefix: prefix.base)
    ends = [prefix.base + (1 << prefix.bits) for prefix in prefixes]

    assert all(prefix.base % (1 << prefix.bits) == 0 for prefix in prefixes)
    assert all(end <= later.base for end, later in zip(ends, prefixes[1:], strict=False))
    assert ends[-1] <= REMOTE_V4 + (1 << REMOTE_BITS)


def test_servers_cluster_beside_those_listed_before() -> None:
    """About 31 % of new C&Cs, and 3 % of all others."""
    allocation = Allocation(9)
    bad = allocation.internet.bad_cells

    for use, share in (("cc", 0.31), ("service", 0.03), ("people", 0.03)):
        cells = (allocation.take(3_000, use) - REMOTE_V4) >> NEIGHBOURHOOD_BITS
        assert np.isin(cells, bad).mean() == pytest.approx(share, abs=0.03)


def test_uses_live_where_they_would(allocation: Allocation) -> None:
    """People at access networks, contents at clouds."""
    internet = allocation.internet
    first = np.array(sorted(prefix.base for prefix in internet.prefixes))
    by_base = {prefix.base: internet.business[prefix.system] for prefix in internet.prefixes}
    business = np.array([by_base[base] for base in first.tolist()])

    for use, expected in (("people", Business.ACCESS), ("content", Business.CLOUD)):
        hosts = allocation.take(2_000, use)
        place = np.searchsorted(first, hosts, side="right") - 1
        assert (business[place] == expected).mean() > 0.8


def test_strangers_may_be_met_again(allocation: Allocation) -> None:
    """They come from the given source of chance and take no address away."""
    before = allocation.given
    drawn = allocation.strangers(1_000, np.random.default_rng(2))
    again = allocation.strangers(1_000, np.random.default_rng(2))

    assert (drawn == again).all()
    assert allocation.given == before


def test_the_same_salt_gives_the_same_internet() -> None:
    """Another gives another."""
    one, same, other = Allocation(1), Allocation(1), Allocation(2)

    assert (one.take(100) == same.take(100)).all()
    assert not (one.take(100) == other.take(100)).all()


def test_a_full_space_is_told() -> None:
    """Instead of looking for room for ever."""
    allocation = Allocation(172, InternetSpec(systems=4, history=20))
    space = sum(1 << prefix.bits for prefix in allocation.internet.prefixes)
    assert space < 340_000  # Of a salt whose four systems hold little: it is full soon.

    assert np.unique(allocation.take(100_000, "business")).size == 100_000
    with pytest.raises(ValueError, match="no room"):
        allocation.take(300_000, "business")
