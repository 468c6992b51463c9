"""Families are drawn anew for each seed, and as many as the infected share asks for."""

from dataclasses import replace

import numpy as np
import pytest

from hinomi.bench.blueprints import BLUEPRINTS, DEVELOPMENT, HELD_OUT
from hinomi.bench.botnets import infest
from hinomi.bench.designs import BotnetSpec
from hinomi.bench.families import draw_families
from hinomi.bench.spec import WorldSpec
from plagues import make_scene

SHARES = [(60_000, 0.11), (400_000, 0.008), (500_000, 0.004), (20_000, 0.01)]


def _draw(split: str, lines: int, share: float, seed: int = 1) -> tuple[BotnetSpec, ...]:
    spec = WorldSpec(lines=lines, botnets=())
    return draw_families(np.random.default_rng(seed), split, spec, share)


@pytest.mark.parametrize(("lines", "share"), SHARES)
@pytest.mark.parametrize("split", BLUEPRINTS)
def test_members_add_up_to_the_infected_share(split: str, lines: int, share: float) -> None:
    """Some lines are infected several times, so that there are more members than lines."""
    families = _draw(split, lines, share)
    members = sum(family.bots for family in families)

    assert members == pytest.approx(share * lines / 0.7, rel=0.02)
    assert len({family.family for family in families}) == len(families)


@pytest.mark.parametrize("split", BLUEPRINTS)
def test_at_least_half_of_the_families_never_scan(split: str) -> None:
    """For every seed; some scan."""
    for seed in range(30):
        families = _draw(split, 60_000, 0.02, seed)
        scanning = sum(family.scans for family in families)

        assert 0 < scanning <= len(families) / 2


def test_few_families_have_most_members() -> None:
    """Sizes are heavy-tailed: from five, the largest tenth has about half or more."""
    shares, smallest = [], []
    for seed in range(10):
        sizes = sorted(family.bots for family in _draw(HELD_OUT, 500_000, 0.004, seed))
        shares.append(sum(sizes[-len(sizes) // 10 :]) / sum(sizes))
        smallest.append(sizes[0])

    assert np.mean(shares) > 0.45
    assert min(smallest) == 5


def test_the_same_chance_gives_the_same_families() -> None:
    """Another seed gives others."""
    assert _draw(HELD_OUT, 60_000, 0.1) == _draw(HELD_OUT, 60_000, 0.1)
    assert _draw(HELD_OUT, 60_000, 0.1) != _draw(HELD_OUT, 60_000, 0.1, seed=2)


def test_splits_share_neither_designs_nor_operators_nor_odd_ports() -> None:
    """Ports that a protocol gives, such as 443, are the same for all."""
    drawn = {split: _draw(split, 400_000, 0.008) for split in (DEVELOPMENT, HELD_OUT)}
    for field in ("design", "operator"):
        development, held_out = (
            {getattr(family, field) for family in families} for families in drawn.values()
        )
        assert not development & held_out
    ports = [{family.port for family in families} for families in drawn.values()]
    common = {80, 443, 8_443}
    assert not (ports[0] & ports[1]) - common


def test_large_worlds_have_every_design() -> None:
    """Each once before any comes again."""
    for split, blueprints in BLUEPRINTS.items():
        designs = {family.design for family in _draw(split, 60_000, 0.11)}
        silent = {blueprint.name for blueprint in blueprints if not blueprint.scan_ports}

        assert silent <= designs


def test_families_find_room_on_their_models() -> None:
    """No family asks for more devices than half of what its models can be expected to have."""
    spec = WorldSpec(lines=60_000, botnets=())
    expected = {
        model.name: spec.lines * spec.iot * model.share / sum(each.share for each in spec.models)
        for model in spec.models
    }
    for family in _draw(HELD_OUT, 60_000, 0.11):
        if family.models:
            assert sum(expected[name] for name in family.models) >= 2 * family.bots


def test_nobody_is_infected_where_nobody_is_wanted() -> None:
    """A handful of members is one family."""
    assert _draw(HELD_OUT, 2_000, 0.0) == ()
    assert len(_draw(HELD_OUT, 2_000, 0.003)) == 1


@pytest.mark.parametrize("split", BLUEPRINTS)
def test_drawn_families_can_live_in_a_world(split: str, tiny: WorldSpec) -> None:
    """Every design of a split is drawn, sampled and named; about the wanted share is infected."""
    spec = replace(tiny, lines=6_000)
    families = draw_families(np.random.default_rng(4), split, spec, 0.15)
    scene = make_scene(spec, *(replace(each, scan_pps=each.scan_pps / 50) for each in families))

    part, herds = infest(scene)

    lines = np.unique(np.concatenate([scene.population.device_line[herd.device] for herd in herds]))
    named = {service.family for service in part.services}
    assert lines.size / spec.lines == pytest.approx(0.15, rel=0.2)
    assert named >= {family.family for family in families}
    assert sum(packets.ts_ms.size for packets in part.packets) > 10_000
