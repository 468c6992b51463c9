"""Things and their vendors."""

import numpy as np

from communes import labelled, met, seen
from hinomi.bench.communal.devices import MODELS, RARE, Devices
from hinomi.bench.communal.kinds import WEEK_MS
from hinomi.bench.communal.scene import Scene


def test_rare_models_are_rare_and_often_open(devices: Devices) -> None:
    """A fifth of the models, few of the things, and half of them stand wide open."""
    rare = devices.model >= RARE

    assert rare.mean() < 0.1
    assert (devices.openness[RARE:] == 1.0).sum() > 10
    assert 20 < (devices.openness > 0).sum() < MODELS


def test_each_thing_talks_to_its_own_vendor(scene: Scene, devices: Devices) -> None:
    """Clouds are shared by the models of a vendor; several ports are those of bots."""
    clouds = np.concatenate(devices.clouds)
    packets = seen(scene)

    assert set(clouds.tolist()) == set(labelled(scene, "vendor-cloud").tolist())
    assert met(scene, packets, "vendor-cloud").mean() > 0.6
    assert met(scene, packets, "vendor-relay").any()
    assert met(scene, packets, "update").any()


def test_some_things_were_bought_this_week(devices: Devices) -> None:
    """A twentieth, and none after its end."""
    assert 0.02 < (devices.since_ms > 0).mean() < 0.09
    assert devices.since_ms.max() < WEEK_MS


def test_a_list_would_know_some_clouds(scene: Scene, devices: Devices) -> None:
    """Of each third vendor, and not all of them."""
    clouds = set(labelled(scene, "vendor-cloud").tolist())

    assert 0 < len(clouds & set(scene.benign)) < len(clouds) / 2
