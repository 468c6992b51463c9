"""Scanner fan-in: number and share of scanning clients."""

from dataclasses import replace

from hinomi.bench.baselines.interface import Observed
from hinomi.bench.baselines.scanner_fan_in import ScannerFanIn, scanning_lines
from hinomi.detect.columns import ints
from surveys import BOTS, CC_PORT, LOADER_PORT


def _score(baseline: ScannerFanIn, network: Observed, port: int) -> float:
    table = baseline.rank(network.engine, network.survey, network.lists, network.register)
    found = [row["score"] for row in table.to_pylist() if row["remote_port"] == port]
    return float(max(found, default=0.0))


def test_the_lines_that_probe_are_found(network: Observed) -> None:
    """Exactly the bots, on port 23."""
    lines = scanning_lines(network.survey, network.register)

    assert sorted(ints(lines, "line_lo").tolist()) == list(BOTS)
    assert set(ints(lines, "remote_port").tolist()) == {23}


def test_where_all_clients_scan_the_score_is_highest(network: Observed) -> None:
    """C&C and loader lead; both have sixteen clients, all of them scanners."""
    table = ScannerFanIn().rank(network.engine, network.survey, network.lists, network.register)

    assert set(table.column("remote_port").to_pylist()[:2]) == {CC_PORT, LOADER_PORT}


def test_number_and_damped_share_make_the_score(network: Observed) -> None:
    """16 scanners of 16 clients: 16 squared by 16 and 4."""
    damped = ScannerFanIn(power=2.0, extra_clients=4.0)

    assert _score(damped, network, CC_PORT) == 16**2 / 20
    assert _score(replace(damped, power=1.0), network, CC_PORT) == 16 / 20
    assert _score(damped, network, 443) < 16 / 20


def test_a_service_on_the_scanned_port_gains_nothing(network: Observed) -> None:
    """The scan itself is no sign of a C&C."""
    assert _score(ScannerFanIn(), network, 23) == 0.0
