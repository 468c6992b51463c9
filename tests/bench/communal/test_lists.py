"""What a provider is told."""

import pytest

from hinomi.bench.communal.lists import tell
from hinomi.bench.communal.world import World
from hinomi.bench.teachers import LISTS


@pytest.mark.parametrize("name", ["drawn", "sparse"])
def test_lists_know_a_part_of_the_servers(name: str, request: pytest.FixtureRequest) -> None:
    """A fifth to two fifths of the first tier, and many that nobody meets any more."""
    world: World = request.getfixturevalue(name)
    servers = {each for family in world.plague.families for each in family.servers}
    known = world.lists.known

    assert set(world.lists.rows) == set(LISTS)
    assert 0.2 <= len(servers & known) / len(servers) <= 0.4
    assert len(world.lists.long_dead) >= 60
    assert len(world.lists.rows["known-cc"]) == len(known) + len(world.lists.long_dead)


def test_lists_are_wrong_now_and_then(drawn: World) -> None:
    """A cloud, a site and a niche service are called C&C servers; some suspects are none."""
    labels = {drawn.scene.register.labels[each] for each in drawn.lists.known}
    sensed = {code for code, _ in drawn.plague.sensed}
    infected = set(drawn.scene.lines.first[drawn.plague.health.infected].tolist())

    assert {"vendor-cloud", "web", "niche"} <= labels
    assert sensed <= infected
    assert len(drawn.lists.rows["suspects"]) >= len(set(drawn.plague.sensed)) + 2


def test_the_same_world_is_told_the_same(drawn: World) -> None:
    """Again and again."""
    again = tell(drawn.scene, drawn.plague, (), drawn.counted.services)

    assert again.rows["sinkholes"] == drawn.lists.rows["sinkholes"]


def test_scanners_and_benign_hosts_are_listed_whole(drawn: World) -> None:
    """Without protocol and port."""
    scanners, benign = drawn.lists.rows["scanners"], drawn.lists.rows["benign"]

    assert {row[1:] for row in scanners} == {("", "")}
    assert sum(row[1:] == ("", "") for row in benign) == 40
    assert len(scanners) < len(drawn.scene.scanners)
