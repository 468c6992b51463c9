"""Good and bad choose from one pool, as alike as their world says."""

from dataclasses import replace

import numpy as np
import pytest

from hinomi.bench.addressing import is_own
from hinomi.bench.motley import scene as module
from hinomi.bench.motley.laws import Laws, draw_laws
from hinomi.bench.motley.scene import Scene, new_hosts, set_scene


@pytest.mark.parametrize(("overlap", "apart"), [(1.0, 0.0), (0.0, 1.0)])
def test_overlap_says_how_alike_good_and_bad_choose(
    overlap: float, apart: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 1 the odds are the same; at 0 they have little in common where few manners are common."""

    def laws(kind: str, seed: int, scale: float) -> Laws:
        return replace(draw_laws(kind, seed, scale), overlap=overlap, narrowness=6.0)

    monkeypatch.setattr(module, "draw_laws", laws)
    scene = set_scene("dense", 5, 0.02)
    distance = np.abs(scene.good_odds - scene.bad_odds).sum() / 2

    assert abs(distance - apart) < 0.35
    assert np.isclose(scene.good_odds.sum(), 1)


def test_a_manner_on_any_port_gives_each_service_its_own(bare: Scene) -> None:
    """Another manner has its port; either may use a standard one instead."""
    draws, manner = bare.draws("x"), bare.choose(bare.draws("y"))
    for port, seen in ((0, 20), (4_444, 1)):
        bare.manners.table["port"][manner] = port
        assert len({bare.port(draws, manner) for _ in range(20)}) >= min(seen, 18)
    assert {bare.port(draws, manner, 1.0) for _ in range(50)} <= {80, 443}


def test_services_stand_where_they_are_wanted(bare: Scene) -> None:
    """At lines, in one place, or anywhere; never two at one address."""
    draws = bare.draws("x")
    inside = bare.place(draws, 40, inside=1.0, hosted=0.0, together=0.0)
    near = bare.place(draws, 40, inside=0.0, hosted=0.0, together=1.0)

    assert is_own(inside).all()
    assert np.isin(inside, bare.lines.v4[~bare.lines.shared]).all()
    assert (np.diff(near) < 5).sum() > 15
    assert np.unique(near).size == near.size
    assert not is_own(near).any()
    assert not is_own(new_hosts(draws, 1_000)).any()


def test_chance_of_a_part_is_its_own(bare: Scene) -> None:
    """The same part gives the same numbers, another part others."""
    assert bare.draws("a").whole(0, 1 << 40) == bare.draws("a").whole(0, 1 << 40)
    assert bare.draws("a").whole(0, 1 << 40) != bare.draws("b").whole(0, 1 << 40)
