"""Families are infected as the laws of their world say."""

import numpy as np

from hinomi.bench.motley.families import FEWEST, found, infected
from hinomi.bench.motley.groups import equip
from hinomi.bench.motley.scene import set_scene
from hinomi.bench.motley.world import World


def test_members_are_lines_infected_within_the_window(dense: World) -> None:
    """Each once; nobody is cured before infection."""
    days = dense.scene.laws.days
    for family in dense.families:
        assert np.unique(family.bots).size == family.bots.size
        assert (family.since >= 0).all()
        assert (family.since <= family.until).all()
        assert (family.until <= days).all()
        assert np.isin(family.active, family.bots).all()
        assert family.servers >= 1


def test_the_infected_share_is_that_of_the_law() -> None:
    """About, in worlds large enough to have it."""
    for seed in range(4):
        scene = set_scene("dense", seed, 0.1)
        share = infected(found(scene, equip(scene))).size / scene.lines.count

        assert 0.6 * scene.laws.infected < share < 1.3 * scene.laws.infected


def test_families_differ_from_world_to_world() -> None:
    """In number, size, and what they do; small ones are everywhere."""
    counts, largest, deeds = [], [], set()
    for seed in range(8):
        scene = set_scene("dense", seed, 0.1)
        families = found(scene, equip(scene))
        counts.append(len(families))
        largest.append(max(family.bots.size for family in families))
        deeds |= {deed for family in families for deed in family.deeds}
        assert min(family.bots.size for family in families) >= FEWEST - 1

    assert max(counts) > 2 * min(counts)
    assert max(largest) > 3 * min(largest)
    assert deeds == {
        "scanning", "spamming", "attacking", "carrying", "mining", "loading", "asking",
    }  # fmt: skip


def test_a_design_tells_what_a_family_does(dense: World) -> None:
    """Its form first, then its deeds."""
    for family in dense.families:
        form, *deeds = family.design.split("+")
        assert form in {"tiered", "meshed", "led"}
        assert set(deeds) == family.deeds
