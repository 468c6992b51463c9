"""A family is one of a kind that can be; those of the demonstration are of many kinds."""

from collections.abc import Mapping

import pytest

from hinomi.bench.designs import BOTNETS
from hinomi.model.protocol import Protocol
from plagues import botnet


def test_at_least_half_of_the_demo_botnets_never_scan() -> None:
    """A detector that only follows scanners must miss most of them."""
    silent = [botnet for botnet in BOTNETS if not botnet.scan_ports]

    assert len(silent) * 2 >= len(BOTNETS)
    assert all(botnet.proto == Protocol.TCP for botnet in BOTNETS)


def test_families_have_names_of_their_own() -> None:
    """Truth rows and sources of chance are told apart by the family."""
    assert len({botnet.family for botnet in BOTNETS}) == len(BOTNETS)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"servers": 0}, "servers, own fronts or peers"),
        ({"servers": 1, "sunk": 2}, "no more sinkholed servers"),
        ({"servers": 1, "peers": 5}, "without a centre has no servers"),
        ({"uppers": 1}, "only be seen from own fronts"),
    ],
)
def test_families_that_cannot_be_are_refused(changed: Mapping[str, int], said: str) -> None:
    """Each with what is wrong."""
    with pytest.raises(ValueError, match=said):
        botnet(**changed)


def test_a_family_may_only_call_in_vain() -> None:
    """Its servers are all gone."""
    assert botnet(servers=0, gone=1).scans is False
