"""Where everybody outside lives."""

import numpy as np
import pytest

from hinomi.bench.communal.chance import Chance
from hinomi.bench.communal.hosts import Hosts, Where
from hinomi.bench.communal.places import REMOTE_BITS, REMOTE_V4, REMOTE_V6


@pytest.mark.parametrize("where", list(Where))
def test_no_address_is_given_twice(where: Where) -> None:
    """All lie in the range of others."""
    hosts = Hosts(Chance(1, "hosts"))
    taken = np.concatenate([hosts.take(500, where), hosts.take(700, where)])

    assert np.unique(taken).size == 1_200
    assert (taken >> REMOTE_BITS == REMOTE_V4 >> REMOTE_BITS).all()


def test_careless_hosters_are_close_together() -> None:
    """A thousand of their hosts lie in few blocks, homes in a thousand."""
    hosts = Hosts(Chance(1, "hosts"))
    blocks = [
        np.unique(hosts.take(1_000, where) >> 8).size for where in (Where.CARELESS, Where.HOME)
    ]

    assert blocks[0] <= 14
    assert blocks[1] > 900


def test_what_does_not_fit_is_refused() -> None:
    """Instead of naming somebody twice."""
    with pytest.raises(ValueError, match="does not fit"):
        Hosts(Chance(1, "hosts")).take(2_000_000)


def test_ipv6_hosts_are_numbered_on() -> None:
    """Each code is given once."""
    hosts = Hosts(Chance(1, "hosts"))

    assert hosts.take_v6(2).tolist() == [REMOTE_V6, REMOTE_V6 + 1]
    assert hosts.take_v6(1).tolist() == [REMOTE_V6 + 2]
