"""Lists know a share of the C&C servers, and err as the laws say."""

import numpy as np

from hinomi.bench.addressing import render_code
from hinomi.bench.ground.book import CC
from hinomi.bench.motley.lists import leave
from hinomi.bench.motley.scene import Scene
from hinomi.bench.motley.world import World
from hinomi.bench.teachers import LISTS


def test_all_lists_are_there(dense: World, sparse: World) -> None:
    """Of every world, some perhaps empty."""
    for world in (dense, sparse):
        assert set(world.lesson.lists) == set(LISTS)


def test_the_share_that_is_known_is_that_of_the_law(dense: World, sparse: World) -> None:
    """Of the living C&C servers."""
    for world in (dense, sparse):
        living = {leader.service for leader in world.leaders}
        known = len(world.lesson.known & living)
        assert abs(known - world.scene.laws.coverage * len(world.leaders)) <= 2


def test_no_benign_list_has_a_cc(dense: World, sparse: World) -> None:
    """Nor a sinkhole, nor a loader."""
    for world in (dense, sparse):
        bad = {
            render_code(code) + str(port) for (code, _, port), entry in
            world.scene.book.entries.items() if entry.label in {CC, "sinkhole", "loader"}
        }  # fmt: skip
        assert not bad & {row[0] + row[2] for row in world.lesson.lists["benign"]}


def test_what_older_botnets_left_is_called(bare: Scene) -> None:
    """Dead servers in vain; sunk ones answer."""
    remains = leave(bare, np.arange(100))
    entries = bare.book.entries

    assert len(remains.dead) + len(remains.sunk) == round(bare.laws.remains)
    assert {entries[each].label for each in remains.dead} <= {"dead-cc"}
    assert {entries[each].label for each in remains.sunk} <= {"sinkhole"}
    assert bare.meetings.ledger.count > 0
