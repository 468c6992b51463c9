"""Rules beside a model: the same terms as without one, and nothing of lists in them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from hinomi.detect import fuse, rules
from hinomi.detect.catalogue import REASONS
from hinomi.detect.observe import Observed, observe
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import default_register
from hinomi.model.listed import ListKind
from surveys import CC, CC_PORT, LOADER, LOADER_PORT, WEB, entry, row_of, small_network, survey

REGISTER: Final = default_register()


@pytest.fixture(name="network", scope="module")
def a_small_network(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[DuckEngine, Observed]]:
    """Give what is observed of a network whose scanners meet a C&C and a loader."""
    folder = tmp_path_factory.mktemp("rules")
    with DuckEngine(folder, memory_mib=500, threads=1) as engine:
        yield engine, observed(engine, folder)


def observed(engine: DuckEngine, folder: Path) -> Observed:
    """Observe the network, its C&C listed."""
    lists = {ListKind.KNOWN_CC: [entry(CC, CC_PORT)]}
    return observe(engine, survey(engine, folder, small_network(), buckets=2), lists, REGISTER)


def test_columns_are_the_terms(network: tuple[DuckEngine, Observed]) -> None:
    """By name, finite, and their sum; each has a reason in words."""
    engine, found = network

    columns, _ = rules.columns(engine, found, REGISTER)

    assert columns.keys() == {*rules.BASIS}
    assert {*rules.BASIS.values()} <= {*REASONS}
    assert all(np.isfinite(column).all() for column in columns.values())
    assert rules.total(columns) == pytest.approx(np.sum([*columns.values()], axis=0))


def test_suspects_speak_for_the_cc_and_packets_against_the_loader(
    network: tuple[DuckEngine, Observed],
) -> None:
    """A web site that everybody meets has neither."""
    engine, found = network

    columns, _ = rules.columns(engine, found, REGISTER)

    cc, loader, web = (
        row_of(found.survey, address, port)
        for address, port in ((CC, CC_PORT), (LOADER, LOADER_PORT), (WEB, 443))
    )
    assert columns["rule_enriched"][[cc, loader]].min() > 3
    assert columns["rule_transfer"][loader] < -1
    assert rules.total(columns)[[cc, loader, web]].argmax() == 0
    assert rules.total(columns)[web] <= 0


def test_what_a_ledger_holds_already_stays(network: tuple[DuckEngine, Observed]) -> None:
    """Lists come first and are part of no rule."""
    engine, found = network
    ledger = fuse.Ledger(found.several.size)
    ledger.add("listed", np.where(found.listed, 9.0, 0.0))

    rules.add(engine, found, ledger, found.prior, REGISTER)

    assert ledger.terms["listed"].tolist() == np.where(found.listed, 9.0, 0.0).tolist()
    assert not ledger.terms["transfer"][found.listed].any()
    assert not ledger.terms["not-enriched"][found.listed].any()
