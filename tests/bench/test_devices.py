"""Devices keep in touch with their vendor's cloud, and small services look like C&C."""

import numpy as np

from hinomi.bench.devices import connect, keep_in_touch
from hinomi.bench.exchange import join
from hinomi.bench.population import Scene
from hinomi.bench.truth import NamedService


def test_a_cloud_is_met_by_lines_with_its_model_only(scene: Scene) -> None:
    """Nobody else knows the address of a vendor's cloud."""
    population, named = scene.population, list[NamedService]()
    packets = join(list(connect(scene, named)))
    for cloud in (service for service in named if service.label == "vendor-cloud"):
        index = [model.name for model in scene.spec.models].index(cloud.family)
        owners = population.v4[population.device_line[population.device_model == index]]
        up = (packets.dst == cloud.code) & (packets.dst_port == cloud.port)

        assert up.any()
        assert np.isin(packets.src[up], owners).all()


def test_every_model_has_cloud_and_updates(scene: Scene) -> None:
    """Both are named in the truth."""
    services: list[NamedService] = []
    for _ in connect(scene, services):
        pass
    models = {model.name for model in scene.spec.models}

    for label in ("vendor-cloud", "update-server"):
        assert {service.family for service in services if service.label == label} == models


def test_a_device_keeps_to_its_one_server(scene: Scene) -> None:
    """Every session of a device has the address of its line and the server it was given."""
    device = np.arange(5, dtype=np.int64)
    server = (100 + device, np.full(5, 443, np.int32), np.full(5, 60_000, np.int64))

    sessions = keep_in_touch(scene, device, server, np.random.default_rng(1), office_hours=False)

    assert set(sessions.server.tolist()) == {100, 101, 102, 103, 104}
    address = scene.population.v4[scene.population.device_line[sessions.server - 100]]
    assert (sessions.client == address).all()
