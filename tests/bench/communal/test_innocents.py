"""Services that mostly infected lines meet."""

import numpy as np
import pytest

from communes import Seen, Stage, met, open_stage, seen
from hinomi.bench.communal.families import Design
from hinomi.bench.communal.innocents import comfort
from hinomi.bench.communal.kinds import DAY_MS
from hinomi.bench.communal.outside import knock


@pytest.fixture(scope="module")
def comforted() -> tuple[Stage, Seen]:
    """A stage with some infected lines, and what innocents do about it."""
    stage = open_stage()
    for design in (Design.WEB, Design.SCANNING, Design.QUIET):
        stage.family(design, size=100)
    knock(stage.scene, np.zeros(0, np.int64))
    first = len(stage.scene.traffic.parts)
    comfort(stage.scene, stage.devices, stage.health)
    return stage, seen(stage.scene, first)


@pytest.mark.parametrize("label", ["notice-portal", "antivirus", "ddns", "tor-relay"])
def test_infected_lines_are_met_more_often(label: str, comforted: tuple[Stage, Seen]) -> None:
    """Than their share of all lines, and no C&C server is near."""
    stage, packets = comforted
    line = np.unique(packets.line[met(stage.scene, packets, label)])
    infected = stage.health.infected

    assert np.isin(line, infected).mean() > 1.2 * infected.size / stage.scene.lines.count


def test_bandwidth_is_sold_by_the_willing(comforted: tuple[Stage, Seen]) -> None:
    """Their programs look like proxies: gateways, and traffic of others."""
    stage, packets = comforted
    sellers = packets.line[met(stage.scene, packets, "bandwidth-app")]

    assert np.unique(sellers).size > 10
    assert met(stage.scene, packets, "web").any()


def test_patches_come_within_a_campaign(comforted: tuple[Stage, Seen]) -> None:
    """For open things only."""
    stage, packets = comforted
    patch = met(stage.scene, packets, "update")
    open_lines = stage.devices.line[stage.devices.exposed > 0.4]

    assert patch.any()
    assert packets.ts_ms[patch].min() >= 2.5 * DAY_MS
    assert packets.ts_ms[patch].max() < 4 * DAY_MS
    assert np.isin(packets.line[patch], open_lines).all()


def test_strangers_try_passwords(comforted: tuple[Stage, Seen]) -> None:
    """Inbound and two-way, at lines with open things."""
    stage, packets = comforted
    tried = np.isin(packets.other, stage.scene.shared["hostile"])

    assert packets.up[tried].any()
    assert not packets.up[tried].all()
