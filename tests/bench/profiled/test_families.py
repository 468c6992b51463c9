"""Families infect owners of weak devices and PCs; some lines belong to two."""

import numpy as np
import pytest

from hinomi.bench.profiled.families import Design, Server
from hinomi.bench.profiled.world import World


def test_every_design_has_its_family(dense: World) -> None:
    """Whatever the scale, no way of leading bots is missing."""
    assert {family.design for family in dense.under.families} == set(Design)


def test_devices_are_infected_where_they_are_weak(dense: World) -> None:
    """Bots of families on devices own one of the models that the family infects."""
    owners = {model.name: model.owners for model in dense.homes.vulnerable}
    for family in dense.under.families:
        if family.on_devices:
            able = np.concatenate([owners[name] for name in sorted(family.models)])
            assert np.isin(family.bots, able).all()


def test_every_weak_model_is_infected_by_someone(dense: World) -> None:
    """There is no vulnerable model of which no family knows."""
    known = set().union(*(family.models for family in dense.under.families))

    assert {model.name for model in dense.homes.vulnerable} == known


@pytest.mark.parametrize(("fixture", "share"), [("dense", 0.11), ("sparse", 0.008)])
def test_as_many_are_infected_as_the_kind_says(
    fixture: str, share: float, request: pytest.FixtureRequest
) -> None:
    """The share is about the kind's; of a small world more, as each weak model is infected."""
    world: World = request.getfixturevalue(fixture)

    assert 0.6 < world.under.infected.size / world.scene.lines.count / share < 2.5


def test_some_bots_belong_to_two_families(dense: World) -> None:
    """Members of different families overlap, but are not the same."""
    bots = np.concatenate([family.bots for family in dense.under.families])
    times = np.unique(bots, return_counts=True)[1]

    assert 0.05 < (times > 1).mean() < 0.6


def test_infections_are_old_or_within_the_window(dense: World) -> None:
    """Each bot has one day of infection; about four of ten are new."""
    since = np.concatenate([family.since for family in dense.under.families])

    assert since.min() == 0.0
    assert since.max() <= 6.7
    assert 0.25 < (since > 0).mean() < 0.55


def test_a_server_is_named_by_its_service() -> None:
    """Address, protocol and port."""
    assert Server(code=7, proto=6, port=443).service == (7, 6, 443)
