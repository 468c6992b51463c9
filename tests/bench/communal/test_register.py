"""The register of services."""

import numpy as np

from communes import small_scene
from hinomi.bench.communal.register import NO_V6, TCP, UDP


def test_services_are_numbered_in_order() -> None:
    """And keep what they were added with, however many follow."""
    register = small_scene().register
    first = register.add(3, np.array([1, 2, 3]), TCP, "web", payload=(5, 6))
    second = register.add(2_000, 53, UDP, "dns", family="x", tier=1)

    assert [*first.tolist(), *second[:1].tolist()] == [0, 1, 2, 3]
    assert register.columns.port[:4].tolist() == [1, 2, 3, 53]
    assert register.columns.up[:3].tolist() == [5, 5, 5]
    assert register.key(3)[1:] == (UDP, 53)
    assert (register.labels[3], register.families[3], register.tiers[3]) == ("dns", "x", 1)


def test_an_address_that_exists_is_taken_again() -> None:
    """Two services on one host."""
    register = small_scene().register
    host = register.add(1, 80, TCP, "web")
    other = register.add(1, 443, TCP, "web", code=register.columns.code[host])

    assert register.key(int(host[0]))[0] == register.key(int(other[0]))[0]


def test_a_share_of_services_has_ipv6_as_well() -> None:
    """Each its own address."""
    register = small_scene().register
    register.add(2_000, 443, TCP, "cdn", v6=0.7)
    also = register.columns.code_v6[register.columns.code_v6 != NO_V6]

    assert 0.65 < also.size / 2_000 < 0.75
    assert np.unique(also).size == also.size
