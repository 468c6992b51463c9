"""What services tell of the lines they share, and that no service hears itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import HOUR_MS, NOON_MS, talk
from hinomi.detect import passes
from hinomi.detect.catalogue import REASONS
from hinomi.detect.clients import Pairs
from hinomi.detect.features import Columns
from hinomi.detect.observe import Observed, observe
from hinomi.detect.propagate import BASIS, SENDS_FROM, messages, propagate
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import default_register
from surveys import (
    BOTS,
    CC,
    CC_PORT,
    LOADER,
    LOADER_PORT,
    WEB,
    row_of,
    small_network,
    survey,
    towards,
)

SISTER: Final = "203.0.113.77"
PANEL: Final = "198.18.0.9"
FRONT: Final = 700

PAIRS = st.sets(st.tuples(st.integers(0, 7), st.integers(0, 9)), max_size=40)
SAID = st.lists(st.sampled_from([0.0, 0.02, 0.3, 0.3, 0.9]), min_size=8, max_size=8)


def pairs_of(met: set[tuple[int, int]]) -> Pairs:
    """Lay pairs of service and line out in an order that means nothing."""
    laid = np.array(sorted(met, key=lambda pair: hash((pair, 3))), dtype=np.int64).reshape(-1, 2)
    return Pairs(laid[:, 0], laid[:, 1])


def slow_without(met: set[tuple[int, int]], said: list[float], service: int, line: int) -> float:
    """Look through all other services that the line met."""
    return max((said[s] for s, at in met if at == line and s != service), default=0.0)


@given(met=PAIRS, said=SAID)
def test_without_is_what_a_slow_loop_gives(met: set[tuple[int, int]], said: list[float]) -> None:
    """Of every line and every service, met or not: the strongest of the others."""
    carried = messages(pairs_of(met), np.array(said), 10)
    service, line = (axis.ravel() for axis in np.meshgrid(np.arange(8), np.arange(10)))

    found = carried.without(service, line)

    expected = [
        slow_without(met, said, own, at)
        for own, at in zip(service.tolist(), line.tolist(), strict=True)
    ]
    assert found.tolist() == expected


@given(met=PAIRS, said=SAID)
def test_best_and_total_are_what_a_slow_loop_gives(
    met: set[tuple[int, int]], said: list[float]
) -> None:
    """The strongest of all that the line met, and their sum."""
    carried = messages(pairs_of(met), np.array(said), 10)

    for line in range(10):
        mine = [said[s] for s, at in met if at == line]
        assert carried.best[line] == max(mine, default=0.0)
        assert carried.total[line] == pytest.approx(sum(mine))
        assert (carried.sender[line] >= 0) == bool(mine)


@given(met=PAIRS, said=SAID, own=st.integers(0, 7), changed=st.floats(0, 1))
def test_what_a_service_says_never_comes_back_to_it(
    met: set[tuple[int, int]], said: list[float], own: int, changed: float
) -> None:
    """Whatever it says of its lines: it hears the same from them."""
    others = [changed if at == own else value for at, value in enumerate(said)]
    lines = np.arange(10)
    itself = np.full(10, own)

    before = messages(pairs_of(met), np.array(said), 10).without(itself, lines)
    after = messages(pairs_of(met), np.array(others), 10).without(itself, lines)

    assert after.tolist() == before.tolist()


@given(met=PAIRS, said=SAID)
def test_the_order_of_pairs_changes_no_message(
    met: set[tuple[int, int]], said: list[float]
) -> None:
    """Ties between senders fall the same way."""
    straight = pairs_of(met)
    turned = Pairs(straight.service[::-1], straight.line[::-1])

    one, other = (messages(pairs, np.array(said), 10) for pairs in (straight, turned))

    for name in ("best", "sender", "second"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()


@dataclass(frozen=True)
class Network:
    """The small network with a sister of the C&C, a front on an own line and its panel."""

    engine: passes.Engine
    observed: Observed

    def row(self, address: str, port: int) -> int:
        """Give the row of a service."""
        return row_of(self.observed.survey, address, port)

    def front(self) -> int:
        """Give the row of the service on the own line."""
        (row,) = np.flatnonzero(self.observed.survey.services["remote_own"].to_numpy() == 1)
        return int(row)

    def told(self, **by_name: float) -> Columns:
        """Propagate probabilities by name of the service; the others know nothing."""
        rows = {
            "cc": self.row(CC, CC_PORT),
            "sister": self.row(SISTER, CC_PORT),
            "loader": self.row(LOADER, LOADER_PORT),
            "web": self.row(WEB, 443),
            "front": self.front(),
        }
        said = np.zeros(len(self.observed.survey.services))
        for name, probability in by_name.items():
            said[rows[name]] = probability
        return propagate(self.engine, self.observed.survey, self.observed.pooled, said)


@pytest.fixture(scope="module", name="network")
def a_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Observe the network once for this file."""
    shape = {"sampling_interval": 10_000}
    rows = small_network()
    for bot in BOTS:
        for hour in (1, 9):
            at = NOON_MS + hour * HOUR_MS + bot * 600_000
            rows += talk(bot, SISTER, at, remote_port=CC_PORT, **shape)
            rows += towards(bot, FRONT, at, remote_port=48_101, **shape)
    rows += talk(FRONT, PANEL, NOON_MS, remote_port=9_443, **shape)
    rows += talk(FRONT + 1, PANEL, NOON_MS, remote_port=9_443, **shape)
    with DuckEngine(tmp_path_factory.mktemp("scratch"), threads=1) as engine:
        found = survey(engine, tmp_path_factory.mktemp("flows"), rows, buckets=2)
        yield Network(engine, observe(engine, found, {}, default_register()))


def test_every_column_has_its_reason(network: Network) -> None:
    """The columns are those of the basis, finite whatever was said."""
    for told in (network.told(), network.told(cc=1.0, sister=0.5, web=0.1, front=1.0)):
        assert told.keys() == BASIS.keys()
        assert all(np.isfinite(column).all() for column in told.values())
    assert {*BASIS.values()} <= REASONS.keys()


def test_a_find_tells_of_its_sister_and_not_of_the_web(network: Network) -> None:
    """Their clients are the same lines; a web site's are everybody."""
    silent, told = network.told(), network.told(cc=0.9)
    sister, web = network.row(SISTER, CC_PORT), network.row(WEB, 443)

    assert not silent["find_share"].any()
    assert told["find_share"][sister] == pytest.approx(0.9)
    assert told["find_share"][web] < 0.05
    assert told["find_surplus"][sister] > 5 > told["find_surplus"][web]
    assert told["port_best"][sister] > told["port_best"][web]
    assert told["net_finds"][sister] > told["net_finds"][web]


NEVER_ITS_OWN: Final = (
    "find_share", "joint_share", "joint_seen", "explained", "unexplained_share", "crowding",
    "port_finds", "port_best", "address_finds", "net_finds", "front_share", "front_seen",
    "server_share", "server_ratio",
)  # fmt: skip
"""Columns that look at others alone; the rest compare with what all lines let expect."""


@pytest.mark.parametrize("said", [0.1, 1.0])
@pytest.mark.parametrize("name", ["cc", "front"])
def test_no_service_looks_better_for_what_it_says_itself(
    network: Network, name: str, said: float
) -> None:
    """Its own columns stay, or fall where all lines are expected to be worse for it."""
    row = network.row(CC, CC_PORT) if name == "cc" else network.front()
    before = network.told(sister=0.7, web=0.05)

    after = network.told(sister=0.7, web=0.05, **{name: said})

    for column in NEVER_ITS_OWN:
        assert after[column][row] == pytest.approx(before[column][row], abs=1e-9), column
    for column in ("find_ratio", "joint_ratio", "find_surplus", "joint_surplus"):
        # The null is learned from all services, and hardly moves.
        assert after[column][row] <= before[column][row] + 1e-5, column


def test_who_is_not_heard_changes_nothing(network: Network) -> None:
    """Below the least probability nothing is sent."""
    silent, whispered = network.told(cc=0.9), network.told(cc=0.9, web=SENDS_FROM * 0.99)

    for name, column in silent.items():
        assert whispered[name] == pytest.approx(column), name


def test_a_stronger_find_is_told_more_strongly(network: Network) -> None:
    """What the sister hears grows with what is known."""
    sister = network.row(SISTER, CC_PORT)

    heard = [network.told(cc=said)["find_share"][sister] for said in (0.1, 0.5, 1.0)]

    assert heard == sorted(heard)
    assert len(set(heard)) == 3


def test_finds_explain_each_others_suspects_away(network: Network) -> None:
    """What the C&C explains, the loader needs not; nobody knows of them: nothing is explained."""
    loader = network.row(LOADER, LOADER_PORT)
    silent, told = network.told(), network.told(cc=1.0)

    assert silent["explained"][loader] == 0
    assert told["explained"][loader] > 0.9
    assert told["unexplained_share"][loader] < silent["unexplained_share"][loader]


def test_a_front_shows_its_upper_tier(network: Network) -> None:
    """A find on an own line that is itself a client of the panel."""
    panel, cc = network.row(PANEL, 9_443), network.row(CC, CC_PORT)
    told = network.told(front=0.8)

    assert told["front_share"][panel] == pytest.approx(0.4)
    assert told["server_share"][panel] == pytest.approx(0.5)
    assert told["front_share"][cc] == told["server_share"][cc] == 0
    assert told["front_surplus"][panel] > told["front_surplus"][cc]


def test_pseudonyms_have_no_neighbourhood(network: Network) -> None:
    """Whatever is found elsewhere, nothing is near an own line."""
    assert network.told(cc=1.0, sister=1.0)["net_finds"][network.front()] == 0


def test_an_empty_window_is_told_of_too(engine: DuckEngine, tmp_path: Path) -> None:
    """No services: the same columns, empty."""
    observed = observe(engine, survey(engine, tmp_path, []), {}, default_register())

    told = propagate(engine, observed.survey, observed.pooled, np.zeros(0))

    assert told.keys() == BASIS.keys()
    assert all(column.shape == (0,) for column in told.values())
