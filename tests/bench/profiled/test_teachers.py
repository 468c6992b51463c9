"""Lists are incomplete, aged, and wrong in places."""

import pytest

from hinomi.bench.addressing import render_code
from hinomi.bench.ground.book import CC
from hinomi.bench.profiled.world import World
from hinomi.bench.teachers import LISTS


@pytest.fixture(params=["dense", "sparse"])
def world(request: pytest.FixtureRequest) -> World:
    """Each kind."""
    chosen: World = request.getfixturevalue(request.param)
    return chosen


def test_all_lists_are_there(world: World) -> None:
    """None is empty, none names an entry twice, and every row has three columns."""
    assert set(world.lesson.lists) == set(LISTS)
    for rows in world.lesson.lists.values():
        assert rows
        assert len(set(rows)) == len(rows)
        assert all(len(row) == 3 for row in rows)


def test_a_part_of_the_living_servers_is_known(world: World) -> None:
    """A quarter to two fifths."""
    living = [s for s, entry in world.scene.book.entries.items() if entry.label == CC]
    known = [service for service in living if service in world.lesson.known]

    assert 0.2 < len(known) / len(living) < 0.42


def test_much_of_the_list_is_no_living_server(world: World) -> None:
    """Innocents stand on it, and dead servers, sinkholes, and some that nobody meets."""
    entries = world.scene.book.entries
    labels = [entries[s].label if s in entries else "" for s in world.lesson.known]

    assert labels.count("") == 15
    assert {"dead-cc", "sinkhole"} < set(labels)
    assert set(labels) - {"", CC, "dead-cc", "sinkhole"}
    assert len(world.lesson.lists["known-cc"]) == len(world.lesson.known)


def test_not_all_scanners_are_suspects_and_not_all_suspects_scan(world: World) -> None:
    """A darknet sees the loud ones, and names a few lines by mistake."""
    v4 = world.scene.lines.v4
    scanning = {render_code(code) for scan in world.under.scans for code in v4[scan.bots].tolist()}
    suspects = {address for address, _, _ in world.lesson.lists["suspects"]}

    assert suspects & scanning
    assert suspects - scanning
    assert scanning - suspects


def test_benign_lists_name_the_harmless_only(world: World) -> None:
    """Every entry is a service of a harmless kind, and far from all are listed."""
    harmless = {"cdn", "dns", "ntp", "push", "web", "mail-server", "vendor-cloud", "stun"}
    rows = {
        (render_code(code), str(port)): entry.label
        for (code, _, port), entry in world.scene.book.entries.items()
        if entry.label in harmless
    }
    listed = {(address, port) for address, _, port in world.lesson.lists["benign"]}

    assert listed <= set(rows)
    assert 0.1 < len(listed) / len(rows) < 0.6
