"""
Non-interference at the hub (R4): what may not show changes no byte of any outlet.

Two hubs with the same keys get the same statements, from the same members, in the same epochs; in
another order, at other times of the day, with members let in in another order. Every answer of
every route is the same, headers and all; and so is what is logged.
"""

import itertools
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asking import Answer, ask
from hinomi.model.listing import render_epoch
from hinomi.model.statement import Endpoint, Sighting
from hinomi.telemetry import set_up_logging
from hinomi.web.hub.app import create_app
from hinomi.web.hub.running import Hub
from hubs import DAY_MS, FIRST_EPOCH, HubHouse, Node, server

NAMES: Final = ("alpha", "beta", "gamma", "delta", "epsilon")
SERVERS: Final = tuple(server(number) for number in range(1, 13))
LEAST: Final = 5  # share.batch_least.
OF_EACH: Final = ("/v1/snapshots/1/envelope", "/v1/snapshots/2/listings.json", "/v1/hub")
"""What every member asks for; one of them asks for all that there is."""
MOST: Final = 4
"""Of objects, so many are asked for by name."""


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


def live(template: HubHouse, folder: Path, world: World, chance: Chance) -> HubHouse:
    """Let a copy of *template* go through *world*, as *chance* has it."""
    house = template.copy(folder)
    house.let_in(*(Node(name) for name in chance.let_in))
    for number, (said, seen) in enumerate(zip(world.said, world.seen, strict=True)):
        house.epoch = FIRST_EPOCH + number
        house.past_ms = 2 * 3_600_000
        for name in chance.arrivals[number]:
            house.past_ms += 1 + chance.clocks[number] // 100
            if name in said:
                house.submits(name, said[name])
            if number and name in seen:
                house.sights(
                    name, number, listed(house, dict(zip(SERVERS, seen[name], strict=True)))
                )
        house.past_ms = max(house.past_ms, chance.clocks[number])
        house.publishes()
    return house


def listed(house: HubHouse, seen: dict[Endpoint, Sighting]) -> dict[Endpoint, Sighting]:
    """Keep what is said of servers on the newest list: of others nothing is taken."""
    with house.home().casebook() as casebook:
        there = {each.endpoint for each in casebook.hub.snapshots.standing()}
    return {each: how for each, how in seen.items() if each in there}


def answers(house: HubHouse) -> Iterator[tuple[str, str, Answer]]:
    """Ask for everything that there is."""
    home = house.home()
    with home.casebook() as casebook:
        app = create_app(Hub(home, casebook))
        for name in NAMES:
            node = house.nodes[name]

            def get(target: str, node: Node = node) -> Answer:
                return ask(app, "GET", target, peer=node.fingerprint, headers=node.headers)

            asked = targets(app, get) if name == NAMES[0] else iter(OF_EACH)
            for target in asked:
                yield name, target, get(target)


def targets(app: FastAPI, get: Callable[[str], Answer]) -> Iterator[str]:
    """Fill in what there is for each part in braces of every route that can be read."""
    newest = json.loads(get("/v1/hub").body)["newest"]
    collection = json.loads(get("/taxii2/list/collections/").body)["collections"][0]["id"]
    objects = json.loads(get(f"/taxii2/list/collections/{collection}/objects/").body)
    there = {
        "number": [str(number) for number in range(1, newest + 2)],
        "collection": [collection],
        "name": [each["id"] for each in objects.get("objects", [])][:MOST],
        "event": list(json.loads(get("/misp/manifest.json").body)),
        "epoch": [render_epoch(FIRST_EPOCH, 1)],
        "status": ["00000000-0000-4000-8000-000000000000"],
    }
    for path, methods in app.openapi()["paths"].items():
        if "get" not in methods:
            continue
        names = re.findall(r"{(\w+)}", path)
        for found in itertools.product(*(there[name] for name in names)):
            target = path.format(**dict(zip(names, found, strict=True)))
            yield target
            if path.endswith(("/objects/", "/manifest/")):
                for query in ("limit=2", "added_after=2026-11-23T00:00:00Z", "match[version]=all"):
                    yield f"{target}?{query}"


@settings(
    max_examples=8,
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
    set_up_logging("warning")
    for number, chance in enumerate(runs):
        folder = tmp_path / str(number)
        shutil.rmtree(folder, ignore_errors=True)
        house = live(template, folder, world, chance)
        found = list(answers(house))
        told.append((found, capfd.readouterr()))

    assert told[0] == told[1]
    statuses = {answer.status for _, _, answer in told[0][0]}
    assert statuses == {200, 403, 404}  # The zone is shut; the next snapshot is not there.
