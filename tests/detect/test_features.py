"""Services are described by shares and ratios that mean the same in every network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import HOUR_MS, NOON_MS, conversation, knock, remote, talk
from hinomi.detect import passes
from hinomi.detect.catalogue import REASONS
from hinomi.detect.features import BASIS, Columns, describe, ratio
from hinomi.detect.observe import Observed, observe
from hinomi.detect.orient import SERVICE
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import default_register
from surveys import (
    BOTS,
    CC,
    CC_PORT,
    LOADER,
    LOADER_PORT,
    WEB,
    Row,
    clock,
    row_of,
    small_network,
    survey,
)

SAMPLED: Final = {"sampling_interval": 10_000}
DEGENERATE: Final[dict[str, list[Row]]] = {
    "nothing": [],
    "one line": talk(1, CC, **SAMPLED),
    "one knock": [knock(1, CC, **SAMPLED)],
    "a few knocks": [knock(1, f"203.0.113.{host}", **SAMPLED) for host in range(1, 4)],
    "one answer": [conversation(**remote(CC), direction=1, tcp_flags=0x12, **SAMPLED)],
    "no flags": talk(1, CC, tcp_flags=-1, **SAMPLED) + talk(2, CC, tcp_flags=-1, **SAMPLED),
    "no packets": talk(1, CC, packets=0, size=0, **SAMPLED) + talk(2, CC, packets=0, **SAMPLED),
    "no bytes": talk(1, CC, size=0, **SAMPLED) + talk(2, CC, size=0, **SAMPLED),
    "no ports": talk(1, CC, proto=47, remote_port=0, line_port=0, tcp_flags=-1, **SAMPLED),
    "ICMP": talk(1, CC, proto=1, remote_port=0x0300, tcp_flags=-1, **SAMPLED),
    "unknown interval": clock(1, CC, contacts=5, sampling_interval=0),
    "a giant": talk(1, CC, packets=2**31, size=2**40, **SAMPLED) + talk(2, CC, **SAMPLED),
}


def observed_in(engine: DuckEngine, folder: Path, rows: list[Row]) -> Observed:
    """Observe records without any list."""
    return observe(engine, survey(engine, folder, rows), {}, default_register())


@pytest.fixture(scope="module", name="network")
def the_small_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    """Observe the small network once for this file."""
    with DuckEngine(tmp_path_factory.mktemp("scratch"), threads=1) as engine:
        yield observed_in(engine, tmp_path_factory.mktemp("flows"), small_network())


def column(found: Observed, name: str, address: str, port: int) -> float:
    """Give one column of one service."""
    return float(found.columns[name][row_of(found.survey, address, port)])


@pytest.mark.parametrize("case", DEGENERATE)
def test_columns_are_those_of_the_basis_and_finite(
    engine: DuckEngine, tmp_path: Path, case: str
) -> None:
    """Whatever little there is: every column, a number for every service."""
    found = observed_in(engine, tmp_path, DEGENERATE[case])

    assert found.columns.keys() == BASIS.keys()
    for name, values in found.columns.items():
        assert values.dtype == np.float64, name
        assert values.shape == (len(found.survey.services),), name
        assert np.isfinite(values).all(), name


def test_every_column_has_its_reason() -> None:
    """What a column rests on can be told in words."""
    assert {*BASIS.values()} <= REASONS.keys()


def test_columns_of_the_small_network_are_finite(network: Observed) -> None:
    """As those of the degenerate ones."""
    assert all(np.isfinite(values).all() for values in network.columns.values())
    shares = [name for name in BASIS if name.endswith("_share")]
    for name in shares:
        assert (network.columns[name] >= 0).all(), name
        assert (network.columns[name] <= 1.0 + 1e-9).all(), name


def test_suspicion_stands_out_against_expectation(network: Observed) -> None:
    """All clients of the C&C scan; of the web sites' as many as there are."""
    for name in ("any_share", "any_ratio", "credited_surplus", "credited_score", "scan_ratio"):
        assert column(network, name, CC, CC_PORT) > column(network, name, WEB, 443) + 0.5, name
    assert column(network, "known_share", CC, CC_PORT) == 0


def test_the_way_of_talking_shows(network: Observed) -> None:
    """The loader sends full packets to clients that do not return; the C&C keeps its bots."""
    assert column(network, "full_in", LOADER, LOADER_PORT) > 0.9
    assert column(network, "full_in", CC, CC_PORT) < 0.1
    assert column(network, "size_in", LOADER, LOADER_PORT) > np.log(1_000)
    assert column(network, "returned_share", CC, CC_PORT) > 0.9
    assert column(network, "returned_share", LOADER, LOADER_PORT) < 0.1
    assert column(network, "pushes", CC, CC_PORT) > 0.9
    assert column(network, "opens", CC, CC_PORT) < 0.1
    assert column(network, "port_scanned", CC, CC_PORT) == 0


def test_without_flags_shares_of_flags_say_so(engine: DuckEngine, tmp_path: Path) -> None:
    """-1, which no share is."""
    found = observed_in(engine, tmp_path, DEGENERATE["no flags"])

    for name in ("opens", "closes", "pushes"):
        assert found.columns[name].tolist() == [-1.0]


def test_ports_that_are_scanned_are_known(engine: DuckEngine, tmp_path: Path) -> None:
    """A service on the scanned port, beside one on the same number of another protocol."""
    rows = small_network() + talk(3, "192.0.2.9", remote_port=23, **SAMPLED)
    rows += talk(3, "192.0.2.9", proto=17, remote_port=23, tcp_flags=-1, **SAMPLED)
    found = observed_in(engine, tmp_path, rows)
    table = found.survey.services.to_pylist()

    scanned = {
        row["proto"]: found.columns["port_scanned"][at]
        for at, row in enumerate(table)
        if (row["remote_port"], row["clients"]) == (23, 1)
    }
    assert scanned[6] > 0
    assert scanned[17] == 0


def test_neighbours_on_an_address_and_a_port_are_counted(
    engine: DuckEngine, tmp_path: Path
) -> None:
    """Two ports of one address; one port on two addresses; a service alone."""
    rows = [row for line in (1, 2, 3) for row in talk(line, CC, remote_port=80)]
    rows += talk(4, CC, remote_port=81) + talk(5, WEB, remote_port=80)
    rows += talk(6, LOADER, remote_port=82)
    found = observed_in(engine, tmp_path, rows)

    assert column(found, "address_ports", CC, 80) == pytest.approx(np.log(2))
    assert column(found, "address_clients", CC, 80) == pytest.approx(np.log1p(1))
    assert column(found, "address_clients", CC, 81) == pytest.approx(np.log1p(3))
    assert column(found, "address_ports", LOADER, 82) == 0
    assert column(found, "port_services", CC, 80) == pytest.approx(np.log(2 / 4))
    assert column(found, "port_clients", WEB, 80) == pytest.approx(np.log((3 + 1) / 6))


def test_records_at_rest_hours_count_against_what_all_do(
    engine: DuckEngine, tmp_path: Path
) -> None:
    """A service that is met at night only, in a network that rests then."""
    rows = [
        row
        for hour in range(24)
        for line in range(1, 15 if hour < 16 else 5)
        for row in talk(line, WEB, NOON_MS + hour * HOUR_MS + line * 240_000, **SAMPLED)
    ]
    for line in (1, 2, 3):
        rows += talk(line, CC, NOON_MS + 18 * HOUR_MS, remote_port=CC_PORT, **SAMPLED)
    found = observed_in(engine, tmp_path, rows)

    night, ordinary = column(found, "night", CC, CC_PORT), column(found, "night", WEB, 443)
    assert night > 1
    assert abs(ordinary) < 0.2


def shown(found: Observed) -> dict[tuple[int, ...], list[float]]:
    """Give the columns of each service by its name."""
    table = found.survey.services.select(SERVICE).to_pylist()
    return {
        tuple(row.values()): [float(found.columns[name][at]) for name in BASIS]
        for at, row in enumerate(table)
    }


def test_a_network_twice_as_large_looks_the_same(network: Observed) -> None:
    """Shares and ratios: twice the lines and twice the services are the same services twice."""
    table = network.survey
    doubled = passes.Survey(
        extent=table.extent,
        services=table.services,
        met=2 * table.met,
        lines=pa.concat_tables([table.lines, table.lines]),
        probed=pa.concat_tables([table.probed, table.probed]),
        parts=table.parts,
        cut_bins=0,
        blows=table.blows,
    )
    grown = describe(doubled, network.pooled)

    for name in ("port_scanned", "activity", "lonely", "any_share", "nets"):
        assert grown[name] == pytest.approx(network.columns[name]), name
    moved = grown["share_of_lines"] - network.columns["share_of_lines"]
    assert moved == pytest.approx(-np.log(2))


def test_parts_do_not_change_the_columns(
    engine: DuckEngine, tmp_path: Path, network: Observed
) -> None:
    """One part or seven."""
    seven = survey(engine, tmp_path, small_network(), buckets=7)
    other = shown(observe(engine, seven, {}, default_register()))

    assert other.keys() == shown(network).keys()
    for key, values in shown(network).items():
        assert other[key] == pytest.approx(values, abs=1e-9)


def test_bots_are_all_clients_of_the_cc(network: Observed) -> None:
    """What these tests stand on."""
    columns: Columns = network.columns
    place = row_of(network.survey, CC, CC_PORT)

    assert columns["clients"][place] == pytest.approx(np.log1p(len(BOTS)))


@given(seen=st.floats(0, 1e6), expected=st.floats(0, 1e6), more=st.floats(0, 1e3))
def test_ratios_grow_with_what_is_seen(seen: float, expected: float, more: float) -> None:
    """Finite, 0 where all is as expected, and drawn towards 0 where little was seen."""
    at, above, even = ratio(
        np.array([seen, seen + more, expected]), np.array([expected, expected, expected])
    )

    assert np.isfinite(at)
    assert above >= at
    assert even == 0
