"""Herds have the members, the times and the servers that their family asks for."""

import numpy as np
import pytest

from hinomi.bench.herds import Herd, Muster, open_lines, while_infected
from hinomi.bench.spec import WorldSpec
from plagues import Plague, botnet, make_scene


def _herd(spec: WorldSpec, **changed: object) -> Herd:
    family = botnet(**changed)
    return Muster(make_scene(spec, family)).gather(family)


def test_a_line_has_one_member_of_a_family_on_a_vulnerable_device(plague: Plague) -> None:
    """IoT families take the models they can; others take PCs."""
    population = plague.scene.population
    names = [model.name for model in plague.scene.spec.models]
    for herd in plague.herds:
        lines = population.device_line[herd.device]
        models = {names[index] for index in population.device_model[herd.device] if index >= 0}

        assert np.unique(lines).size == lines.size == herd.spec.bots
        assert models <= set(herd.spec.models)


def test_some_lines_have_several_families(plague: Plague) -> None:
    """About a third of the infected lines is infected more than once in the field."""
    line = plague.scene.population.device_line
    lines = np.concatenate([line[herd.device] for herd in plague.herds])
    _, families = np.unique(lines, return_counts=True)

    assert 0.1 < (families > 1).mean() < 0.5


def test_infections_and_cleanings_fall_into_the_window(tiny: WorldSpec) -> None:
    """The share that is asked for; nobody is cleaned before the infection."""
    herd = _herd(tiny, bots=400, fresh=0.5, cleaned=0.25)
    starts_ms, ends_ms = tiny.starts_ms, tiny.starts_ms + tiny.length_ms

    assert (herd.onset_ms > starts_ms).mean() == pytest.approx(0.5, abs=0.08)
    assert (herd.cleaned_ms < ends_ms).mean() == pytest.approx(0.25, abs=0.07)
    assert (herd.onset_ms <= herd.cleaned_ms).all()
    assert (herd.onset_ms >= starts_ms).all()
    assert (herd.cleaned_ms <= ends_ms).all()


def test_a_wave_infects_most_within_a_part_of_the_window(tiny: WorldSpec) -> None:
    """Half of its victims come within a seventh of the window; evenly it takes half of it."""
    widths = {}
    for wave in (True, False):
        onset_ms = _herd(tiny, bots=400, fresh=1.0, wave=wave).onset_ms
        low, high = np.quantile(onset_ms, [0.25, 0.75])
        widths[wave] = (high - low) / tiny.length_ms

    assert widths[True] < 1 / 7
    assert widths[False] == pytest.approx(0.5, abs=0.08)


def test_own_fronts_stand_on_lines_that_can_be_called(tiny: WorldSpec) -> None:
    """They follow the remote servers; servers that are gone are apart."""
    family = botnet(servers=2, own_fronts=3, gone=1)
    scene = make_scene(tiny, family)
    herd = Muster(scene).gather(family)

    assert (herd.servers.size, herd.fronts.size, herd.gone.size) == (5, 3, 1)
    assert np.isin(herd.fronts, scene.population.v4[open_lines(scene.population)]).all()


def test_a_family_takes_no_more_than_can_be_had(tiny: WorldSpec) -> None:
    """A rare model is in few homes."""
    herd = _herd(tiny, bots=1_500, models=("meter",))

    assert 0 < herd.device.size < 100


def test_flows_outside_the_infection_are_left_out() -> None:
    """Rows are kept from a member's onset on, until it is cleaned."""
    herd = Herd(
        spec=botnet(bots=2),
        device=np.array([9, 4]),
        onset_ms=np.array([100, 50]),
        cleaned_ms=np.array([200, 70]),
        address=np.array([1, 2]),
        servers=np.array([3]),
        gone=np.empty(0, np.int64),
    )
    who, ts_ms = np.array([4, 9, 9, 4]), np.array([60, 60, 100, 70])

    assert while_infected(herd, who, ts_ms).tolist() == [0, 2]
