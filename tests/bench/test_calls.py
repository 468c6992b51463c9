"""Members call the servers that their schedule says, while they are infected."""

from dataclasses import replace

import numpy as np
import pytest

from hinomi.bench.calls import lay_out
from hinomi.bench.designs import Schedule
from hinomi.bench.exchange import SYN, Sessions
from hinomi.bench.herds import Herd, Muster
from hinomi.bench.spec import DAY_MS, HOUR_MS, WorldSpec
from hinomi.model.flow import UNKNOWN_FLAGS
from plagues import Plague, botnet, infest_with, make_scene


@pytest.fixture(scope="module")
def week(tiny: WorldSpec) -> WorldSpec:
    """The tiny world, for a week."""
    return replace(tiny, days=7)


def _laid_out(spec: WorldSpec, **changed: object) -> tuple[Herd, Sessions]:
    family = botnet(models=("tv",), **changed)
    scene = make_scene(spec, family)
    herd = Muster(scene).gather(family)
    return herd, lay_out(scene, herd, np.random.default_rng(5))


def _servers_of(sessions: Sessions, client: int) -> set[int]:
    return set(sessions.server[sessions.client == client].tolist())


def test_every_hour_of_an_infection_is_covered_once(week: WorldSpec) -> None:
    """Whatever the schedule: the sessions of a member do not overlap and leave nothing out."""
    for schedule in Schedule:
        herd, sessions = _laid_out(
            week, servers=4, schedule=schedule, hop_h=9, fresh=0.5, cleaned=0.3
        )
        spoken_ms = (sessions.end_ms - sessions.start_ms).sum()

        assert spoken_ms == (herd.cleaned_ms - herd.onset_ms).sum(), schedule
        assert (sessions.end_ms > sessions.start_ms).all()


def test_a_steady_member_keeps_its_neighbouring_servers(week: WorldSpec) -> None:
    """Two of four, side by side in the list, all week."""
    herd, sessions = _laid_out(week, servers=4, servers_each=2)
    order = {code: place for place, code in enumerate(herd.servers.tolist())}
    for client in np.unique(herd.address)[:20].tolist():
        places = sorted(order[code] for code in _servers_of(sessions, client))

        assert len(places) == 2
        assert places[1] - places[0] in {1, 3}


def test_a_moving_server_is_replaced_for_all(week: WorldSpec) -> None:
    """The next address is silent before the move, the one before it after."""
    herd, sessions = _laid_out(week, servers=3, schedule=Schedule.TURNS)
    last_ms = [sessions.end_ms[sessions.server == code].max() for code in herd.servers]
    first_ms = [sessions.start_ms[sessions.server == code].min() for code in herd.servers]

    assert (np.diff(first_ms) > DAY_MS).all()
    assert last_ms[:2] == first_ms[1:]


def test_a_daily_server_lives_for_a_day(week: WorldSpec) -> None:
    """One for each day of the week."""
    herd, sessions = _laid_out(week, servers=7, schedule=Schedule.DAILY)
    day = (sessions.start_ms - week.starts_ms) // DAY_MS

    assert (sessions.server == herd.servers[day]).all()
    assert ((sessions.end_ms - 1 - week.starts_ms) // DAY_MS == day).all()


def test_members_of_a_rotating_fleet_hop(week: WorldSpec) -> None:
    """Each stays no longer than the hop, and meets most of the fleet in a week."""
    herd, sessions = _laid_out(week, servers=6, schedule=Schedule.ROTATING, hop_h=6)
    met = [len(_servers_of(sessions, client)) for client in np.unique(herd.address).tolist()]

    assert (sessions.end_ms - sessions.start_ms).max() <= 6 * HOUR_MS
    assert np.mean(met) > 5


def test_a_server_that_is_gone_is_called_and_never_answers(plague: Plague) -> None:
    """SYNs only, in one direction."""
    server = plague.herd("ghost").gone[0]
    rows = plague.towards(int(server))

    assert rows.size > 0
    assert (plague.packets.flags[rows] == SYN).all()
    assert not (plague.packets.src == server).any()


def test_members_with_living_servers_try_the_dead_one_rarely(tiny: WorldSpec) -> None:
    """A tenth as often as the servers that answer, but with three SYNs."""
    plague = infest_with(tiny, botnet(bots=300, gone=1, per_tick=3))
    herd = plague.herd()
    alive, gone = (plague.towards(int(codes[0])).size for codes in (herd.servers, herd.gone))

    assert gone / alive == pytest.approx(0.15, abs=0.07)  # Two of three go to the living one.


def test_a_dead_udp_server_is_called_without_flags(tiny: WorldSpec) -> None:
    """UDP has none."""
    plague = infest_with(tiny, botnet(proto=17, servers=0, gone=1))
    rows = plague.towards(int(plague.herd().gone[0]))

    assert (plague.packets.flags[rows] == UNKNOWN_FLAGS).all()
    assert (plague.packets.proto[rows] == 17).all()
