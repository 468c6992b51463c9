"""Sums over the clients of services are what a slow count over their pairs gives."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Final, cast

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.detect import enrich, mesh, passes, suspects
from hinomi.detect.clients import GROUPS, Pairs, Pooled, expected_of, pool, spread
from hinomi.detect.columns import ints
from hinomi.detect.observe import observe
from hinomi.detect.orient import LINE
from hinomi.detect.suspects import ALL, COUNTS_FROM, Evidence
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import default_register
from hinomi.model.listed import ListKind
from surveys import BOTS, CC, CC_PORT, LOADER, LOADER_PORT, entry, row_of, small_network, survey

REGISTER: Final = default_register()
LISTS: Final = {ListKind.KNOWN_CC: [entry(LOADER, LOADER_PORT)]}


@dataclass(frozen=True)
class Network:
    """The small network, its pooled evidence, and who really spoke with whom."""

    survey: passes.Survey
    pooled: Pooled
    clients: dict[int, list[int]]  # Rows of lines, by row of the service.


@pytest.fixture(scope="module", name="network")
def a_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Pool the small network with its loader on a list, in three parts."""
    with DuckEngine(tmp_path_factory.mktemp("scratch"), threads=1) as engine:
        found = survey(engine, tmp_path_factory.mktemp("flows"), small_network(), buckets=3)
        pooled = observe(engine, found, LISTS, REGISTER).pooled
        pairs = Pairs.of(passes.services_of_lines(engine, found, found.lines), found)
        clients: dict[int, list[int]] = defaultdict(list)
        for service, line in zip(pairs.service.tolist(), pairs.line.tolist(), strict=True):
            clients[service].append(line)
        yield Network(found, pooled, clients)


def test_pairs_are_looked_up_in_the_survey(network: Network) -> None:
    """Rows of its services and of its lines."""
    cc, lines = row_of(network.survey, CC, CC_PORT), network.survey.lines.to_pylist()

    assert sorted(lines[row]["line_lo"] for row in network.clients[cc]) == list(BOTS)
    assert sum(map(len, network.clients.values())) == ints(network.survey.services, "clients").sum()


def test_pairs_of_some_lines_are_fetched_by_row(tmp_path: Path) -> None:
    """Those of the chosen lines alone, all of them."""
    (tmp_path / "scratch").mkdir()
    (tmp_path / "flows").mkdir()
    with DuckEngine(tmp_path / "scratch", threads=1) as engine:
        found = survey(engine, tmp_path / "flows", small_network()[::5], buckets=2)
        wanted = np.arange(len(found.lines)) % 3 == 0
        fetched = passes.services_of_lines(engine, found, found.lines)
        every = Pairs.of(fetched, found)

        some, first_ms = Pairs.of_lines(engine, found, wanted)

    assert sorted(zip(some.service, some.line, first_ms, strict=True)) == sorted(
        (service, line, at_ms)
        for service, line, at_ms in zip(
            every.service, every.line, ints(fetched, "first_ms"), strict=True
        )
        if wanted[line]
    )
    assert 0 < some.line.size < every.line.size


def test_what_is_expected_is_summed_over_the_clients(network: Network) -> None:
    """For every group and every service, from the bins of their activity."""
    usual = expected_of(network.survey, network.pooled.of_line)

    for service, lines in network.clients.items():
        assert network.pooled.expected["any"][service] == pytest.approx(usual[lines].sum())
    for name in GROUPS:
        assert network.pooled.expected[name].shape == (len(network.survey.services),)
        assert (network.pooled.expected[name] >= 0).all()


def test_company_is_summed_over_the_clients(network: Network) -> None:
    """Logarithms of what the lines meet, and members of meshes."""
    lines = network.survey.lines
    services, lonely = ints(lines, "services"), ints(lines, "lonely")
    meshed = mesh.is_mesh(lines)

    for service, rows in network.clients.items():
        pooled = network.pooled
        assert pooled.activity[service] == pytest.approx(np.log(services[rows]).sum())
        assert pooled.lonely[service] == pytest.approx(np.log1p(lonely[rows]).sum())
        assert pooled.mesh[service] == meshed[rows].sum()


def test_suspicion_is_summed_over_the_suspects(network: Network) -> None:
    """Bots scan and met the listed loader: at the C&C both speak, at the loader the scan."""
    pooled, survey_of = network.pooled, network.survey
    cc, loader = row_of(survey_of, CC, CC_PORT), row_of(survey_of, LOADER, LOADER_PORT)
    scan, known = (REGISTER.number(f"suspects.reliability_{kind}") for kind in ("scan", "known"))
    both = 1 - (1 - scan) * (1 - known)
    count = len(BOTS)

    assert pooled.seen["scan"][[cc, loader]] == pytest.approx(count * scan)
    assert pooled.seen["known"][[cc, loader]] == pytest.approx([count * known, 0.0])
    assert pooled.seen["any"][[cc, loader]] == pytest.approx([count * both, count * scan])
    assert pooled.seen["credited"][cc] == pytest.approx(count * both)
    assert pooled.whole[[cc, loader]].tolist() == [count, count]
    assert not pooled.seen["other"].any()
    assert not pooled.probing[[cc, loader]].any()


def test_pairs_of_suspects_say_what_was_summed(network: Network) -> None:
    """Their weights make the credited sum; those that count are whole suspects."""
    pooled, size = network.pooled, len(network.survey.services)
    service = pooled.pairs.service

    summed = np.bincount(service, weights=pooled.weight, minlength=size)
    assert summed == pytest.approx(pooled.seen["credited"])
    assert (pooled.counts == (pooled.weight >= COUNTS_FROM)).all()
    assert np.bincount(service[pooled.counts], minlength=size).tolist() == pooled.whole.tolist()


def test_lines_have_a_suspicion_of_their_own(network: Network) -> None:
    """Bots that of both kinds, all others none."""
    lines = ints(network.survey.lines, "line_lo")
    is_bot = np.isin(lines, list(BOTS))

    assert len({round(each, 12) for each in network.pooled.of_line[is_bot].tolist()}) == 1
    assert (network.pooled.of_line[is_bot] > REGISTER.number("suspects.reliability_scan")).all()
    assert not network.pooled.of_line[~is_bot].any()


def test_groups_hold_every_kind_once() -> None:
    """No evidence is left out of the groups, none lies in two of them."""
    parts = [only for name, only in GROUPS.items() if name != "any"]

    assert GROUPS["any"] == ALL == Evidence(sum(parts))
    assert sum(int(only).bit_count() for only in parts) == len(Evidence)


def test_without_suspects_everything_is_there_and_zero(engine: DuckEngine, tmp_path: Path) -> None:
    """A quiet network: shapes as ever."""
    rows = [row for row in small_network() if row["remote_port"] != 23]
    found = survey(engine, tmp_path, rows)
    nobody = suspects.gather({Evidence.LISTED: found.lines.slice(0, 0).select(LINE)})
    size = len(found.services)

    pooled = pool(engine, found, nobody, np.zeros(size, dtype=bool), REGISTER)

    for name in (*GROUPS, "credited"):
        assert pooled.seen[name].tolist() == [0.0] * size
    assert not pooled.of_line.any()
    assert (pooled.expected["any"] > 0).all()
    assert pooled.weight.size == pooled.counts.size == 0


def test_lines_that_speak_with_none_are_expected_to_be_nothing() -> None:
    """They are clients of nobody; the others are what their bin is."""
    lines = SimpleNamespace(lines=pa.table({"services": [0, 4, 4, 0, 900]}))
    weight = np.array([1.0, 1.0, 0.0, 1.0, 0.0])

    found = expected_of(cast("passes.Survey", lines), weight)

    talks = np.array([1, 2, 4])
    assert found[talks] == pytest.approx(
        enrich.expected_weight(np.array([4, 4, 900]), weight[talks])
    )
    assert found[[0, 3]].tolist() == [0.0, 0.0]


@given(order=st.permutations(range(10)), nowhere=st.sets(st.integers(0, 9)))
def test_values_are_laid_out_where_they_belong(order: list[int], nowhere: set[int]) -> None:
    """At their places; -1 is nowhere, the rest is 0."""
    places = [-1 if at in nowhere else at for at in order[:8]]
    values = np.arange(1.0, len(places) + 1)

    laid = spread(values, np.array(places, dtype=np.int64), 10)

    expected = {at: value for at, value in zip(places, values, strict=True) if at >= 0}
    assert laid.tolist() == [expected.get(at, 0.0) for at in range(10)]
