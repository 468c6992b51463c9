"""
Non-interference at the hub (R4): what may not show changes no byte of any outlet.

Two hubs with the same keys get the same statements, from the same members, in the same epochs; in
another order, at other times of the day, with members let in in another order. Every receipt and
every answer of every route is the same, headers and all; and nothing is logged.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asking import Answer
from everyanswer import every_answer, put
from hinomi.model.listing import render_epoch
from hinomi.model.statement import Deed, Endpoint, Sighting
from hinomi.telemetry import set_up_logging
from hinomi.web.hub.app import create_app
from hinomi.web.hub.running import Hub
from hubs import DAY_MS, FIRST_EPOCH, HubHouse, Node, server

NAMES: Final = ("alpha", "beta", "gamma", "delta", "epsilon")
SERVERS: Final = tuple(server(number) for number in range(1, 13))
LEAST: Final = 5  # share.batch_least.


@dataclass(frozen=True, slots=True)
class World:
    """What is the same in both runs: who says what of which epoch."""

    said: tuple[dict[str, tuple[Endpoint, ...]], ...]  # By epoch.
    seen: tuple[dict[str, tuple[Sighting, ...]], ...]  # By epoch, one for each server.


@dataclass(frozen=True, slots=True)
class Chance:
    """What differs: all that may not show."""

    let_in: tuple[str, ...]
    arrivals: tuple[tuple[str, ...], ...]
    clocks: tuple[int, ...]  # ms past the beginning of each epoch.


def worlds() -> st.SearchStrategy[World]:
    """Draw what is said in two or three epochs."""
    batch = st.lists(st.sampled_from(SERVERS), min_size=LEAST, max_size=12, unique=True).map(tuple)
    said = st.dictionaries(st.sampled_from(NAMES), batch, min_size=2)
    seen = st.dictionaries(
        st.sampled_from(NAMES),
        st.lists(st.sampled_from(list(Sighting)), min_size=len(SERVERS), max_size=len(SERVERS)).map(
            tuple
        ),
    )
    return st.integers(2, 3).flatmap(
        lambda epochs: st.builds(
            World,
            st.lists(said, min_size=epochs, max_size=epochs).map(tuple),
            st.lists(seen, min_size=epochs, max_size=epochs).map(tuple),
        )
    )


def chances() -> st.SearchStrategy[Chance]:
    """Draw an order of everything, and times of day."""
    order = st.permutations(NAMES).map(tuple)
    return st.builds(
        Chance,
        order,
        st.lists(order, min_size=3, max_size=3).map(tuple),
        st.lists(st.integers(2 * 3_600_000, DAY_MS - 3_600_000), min_size=3, max_size=3).map(tuple),
    )


@pytest.fixture(name="template", scope="module")
def a_template(tmp_path_factory: pytest.TempPathFactory) -> HubHouse:
    """A hub that nobody is let in to yet: its keys are those of both runs."""
    return HubHouse.found(tmp_path_factory.mktemp("hub") / "home")


@dataclass(slots=True)
class Lived:
    """A hub that went through a world, and what it answered on the way, by who said what."""

    house: HubHouse
    receipts: dict[tuple[int, str, Deed], Answer]


def live(template: HubHouse, folder: Path, world: World, chance: Chance) -> Lived:
    """Let a copy of *template* go through *world*, as *chance* has it, asked over HTTP."""
    house = template.copy(folder)
    house.let_in(*(Node(name) for name in chance.let_in))
    lived = Lived(house, {})
    home = house.home()
    with home.casebook() as casebook:
        app = create_app(Hub(home, casebook))
        for number, (said, seen) in enumerate(zip(world.said, world.seen, strict=True)):
            house.epoch = FIRST_EPOCH + number
            house.past_ms = 2 * 3_600_000
            for name in chance.arrivals[number]:
                house.past_ms += 1 + chance.clocks[number] // 100
                batches = []
                if name in said:
                    batches.append(house.submission(name, said[name]))
                if number and name in seen:
                    there = listed(house, dict(zip(SERVERS, seen[name], strict=True)))
                    batches.append(house.sightings(name, number, there))
                for sent in batches:
                    answer = put(app, house.nodes[name], render_epoch(sent.epoch, 1), sent)
                    lived.receipts[number, name, sent.deed] = answer
            house.past_ms = max(house.past_ms, chance.clocks[number])
            house.publishes()
    return lived


def listed(house: HubHouse, seen: dict[Endpoint, Sighting]) -> dict[Endpoint, Sighting]:
    """Keep what is said of servers on the newest list: of others nothing is taken."""
    with house.home().casebook() as casebook:
        there = {each.endpoint for each in casebook.hub.snapshots.standing()}
    return {each: how for each, how in seen.items() if each in there}


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=worlds(), runs=st.tuples(chances(), chances()))
def test_order_and_clock_change_no_byte(
    template: HubHouse,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    world: World,
    runs: tuple[Chance, Chance],
) -> None:
    """Of no answer to anybody, and of nothing that is logged at the level that ships."""
    told = []
    set_up_logging("warning", timed=False)
    for number, chance in enumerate(runs):
        folder = tmp_path / str(number)
        shutil.rmtree(folder, ignore_errors=True)
        lived = live(template, folder, world, chance)
        nodes = {name: lived.house.nodes[name] for name in NAMES}
        found = [*every_answer(lived.house.home(), nodes)]
        told.append((lived.receipts, found, capfd.readouterr()))

    assert told[0] == told[1]
    receipts, found, logged = told[0]
    assert {answer.status for answer in receipts.values()} == {200}
    # The zone is shut; the next snapshot is not there.
    assert {answer.status for _, _, answer in found} == {200, 403, 404}
    assert "".join(logged) == ""
