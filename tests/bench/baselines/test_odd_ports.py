"""Distinct clients on odd ports."""

from dataclasses import replace

from hinomi.bench.baselines.interface import Observed
from hinomi.bench.baselines.odd_ports import OddPorts
from hinomi.model.address import parse_address
from surveys import CC, CC_PORT, LOADER_PORT

ALL = OddPorts(least_habit=4, tcp_only=True, share_most=1.0)


def _ports(baseline: OddPorts, network: Observed) -> list[int]:
    table = baseline.rank(network.engine, network.survey, network.lists, network.register)
    return [int(port) for port in table.column("remote_port").to_pylist()]


def test_services_on_usual_ports_are_left_out(network: Observed) -> None:
    """Web sites have most clients, and are not in the list."""
    assert set(_ports(ALL, network)[:2]) == {CC_PORT, LOADER_PORT}
    assert 443 not in _ports(ALL, network)
    assert 443 in _ports(replace(ALL, least_habit=2), network)


def test_the_score_is_the_number_of_clients(network: Observed) -> None:
    """Sixteen bots, sixteen clients."""
    table = ALL.rank(network.engine, network.survey, network.lists, network.register)

    (row,) = [each for each in table.to_pylist() if each["remote_port"] == CC_PORT]
    assert row["score"] == 16
    assert (row["remote_hi"], row["remote_lo"]) == tuple(parse_address(CC))


def test_a_service_of_many_lines_is_everybodys(network: Observed) -> None:
    """Sixteen of 800 are 2 %: more than one in a hundred."""
    assert CC_PORT not in _ports(replace(ALL, share_most=0.01), network)
    assert CC_PORT in _ports(replace(ALL, share_most=0.03), network)


def test_udp_can_be_left_in(network: Observed) -> None:
    """All services of the small network are TCP: both settings agree."""
    assert _ports(replace(ALL, tcp_only=False), network) == _ports(ALL, network)
