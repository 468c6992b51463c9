"""The fixed families of the demonstration are as many kinds as they claim."""

from hinomi.bench.designs import BOTNETS
from hinomi.model.protocol import Protocol


def test_at_least_half_of_the_demo_botnets_never_scan() -> None:
    """A detector that only follows scanners must miss most of them."""
    silent = [botnet for botnet in BOTNETS if not botnet.scan_ports]

    assert len(silent) * 2 >= len(BOTNETS)
    assert all(botnet.proto == Protocol.TCP for botnet in BOTNETS)


def test_families_have_names_of_their_own() -> None:
    """Truth rows and sources of chance are told apart by the family."""
    assert len({botnet.family for botnet in BOTNETS}) == len(BOTNETS)
