"""Who is infected."""

import numpy as np
import pytest

from hinomi.bench.communal.chance import Chance
from hinomi.bench.communal.devices import Devices
from hinomi.bench.communal.families import Design, Plan, Platform
from hinomi.bench.communal.kinds import WEEK_MS
from hinomi.bench.communal.membership import Health, examine, recruit
from hinomi.bench.communal.scene import Scene


@pytest.fixture
def health(scene: Scene, devices: Devices) -> Health:
    """Everybody is well."""
    return examine(scene, devices, Chance(1, "health"))


def _plan(design: Design, size: int = 40) -> Plan:
    return Plan(number=1, design=design, size=size, servers=2)


def test_things_are_infected_where_they_stand_open(devices: Devices, health: Health) -> None:
    """One on a line, of few models, none of a closed one."""
    family = recruit(_plan(Design.SCANNING), 1.0, devices, health, Chance(1, "x"))
    owners = {*zip(devices.line.tolist(), devices.number.tolist(), strict=True)}

    assert family.platform is Platform.THING
    assert np.unique(family.line).size == family.size > 20
    assert {*zip(family.line.tolist(), family.device.tolist(), strict=True)} <= owners
    assert (devices.exposed[health.thing > 0] > 0.05).all()
    assert np.unique(devices.model[health.thing > 0]).size < 30


def test_people_are_infected_where_they_have_a_computer(devices: Devices, health: Health) -> None:
    """By day."""
    family = recruit(_plan(Design.WEB), 1.0, devices, health, Chance(1, "x"))

    assert family.platform is Platform.PERSON
    assert (health.with_computer[family.line] > 0).all()
    assert set(family.device.tolist()) == {0}
    assert family.size == pytest.approx(40, abs=3)


def test_families_share_lines_when_few_are_fresh(devices: Devices, health: Health) -> None:
    """The second family takes many lines of the first, or hardly any."""
    first = recruit(_plan(Design.WEB), 1.0, devices, health, Chance(1, "x"))
    shared = recruit(_plan(Design.SPAM), 0.4, devices, health, Chance(2, "x"))

    assert np.isin(shared.line, first.line).mean() > 0.3
    assert health.line.max() == 2


def test_bots_come_and_go(devices: Devices, health: Health) -> None:
    """Some were there before the week, some are cleaned within it; nobody goes before coming."""
    family = recruit(_plan(Design.MOBILE, 300), 1.0, devices, health, Chance(3, "x"))

    assert (family.since <= family.until).all()
    assert (family.since == -1).any()
    assert (family.since >= 0).any()
    assert 0.03 < (family.until < WEEK_MS).mean() < 0.25
