"""Benign use is drawn by chance and by the clock, some of it rare."""

import numpy as np
import pytest

from hinomi.bench.benign import chance_flows, live, popular, server_ports, users_of
from hinomi.bench.exchange import join
from hinomi.bench.population import Scene
from hinomi.bench.spec import Device


def test_the_flows_met_are_as_many_as_sampling_leaves(scene: Scene) -> None:
    """Flows of 10 packets at 1 in 100 are met with probability 9.6 %."""
    device = scene.population.devices(Device.PC, Device.PHONE)
    activity = scene.population.activity[scene.population.device_line[device]].sum()

    who, start_ms, packets = chance_flows(scene, device, 1_000, (10, 0.0), np.random.default_rng(1))

    expected = activity * 1_000 * scene.spec.volume * (1 - 0.99**10)
    assert abs(who.size - expected) < 5 * np.sqrt(expected)
    assert set(packets.tolist()) == {10}
    assert (start_ms < scene.spec.starts_ms + scene.spec.length_ms).all()


def test_larger_flows_are_met_more_often(scene: Scene) -> None:
    """The median flow that is met is larger than the median flow."""
    device = scene.population.devices(Device.PC)

    _, _, packets = chance_flows(scene, device, 1_000, (20, 1.5), np.random.default_rng(1))

    assert np.median(packets) > 60


def test_nobody_makes_no_flows(scene: Scene) -> None:
    """A use without users is empty, not an error."""
    nobody = np.empty(0, np.int64)

    assert chance_flows(scene, nobody, 10, (10, 1), np.random.default_rng(1))[0].size == 0


def test_popularity_falls_by_zipfs_law() -> None:
    """With exponent 1 the first of many servers is met twice as often as the second."""
    rank = popular(np.random.default_rng(1).random(200_000), 1_000, 1.0)
    counts = np.bincount(rank, minlength=1_000)

    assert counts[0] / counts[1] == pytest.approx(2, rel=0.1)
    assert counts[0] / counts[9] == pytest.approx(10, rel=0.15)
    assert popular(np.array([0.0, 1.0]), 5, 1.0).tolist() == [0, 4]


def test_the_first_port_is_the_usual_one() -> None:
    """Each further port is a third as likely."""
    ports = server_ports((80, 8_080), 8_000, np.random.default_rng(1))

    assert abs((ports == 80).mean() - 0.75) < 0.03


def test_users_are_a_share_of_the_devices_of_their_kind(scene: Scene) -> None:
    """A tenth of the phones, and no PC among them."""
    users = users_of(scene.population, (Device.PHONE,), 0.1, np.random.default_rng(1))
    phones = scene.population.devices(Device.PHONE)

    assert np.isin(users, phones).all()
    assert abs(users.size / phones.size - 0.1) < 0.02


def test_most_remote_hosts_are_met_by_one_or_two_lines(scene: Scene) -> None:
    """The tail is long: more than half of all servers on 443 have at most two clients."""
    packets = join(list(live(scene, [])))
    up = packets.dst_port == 443
    pairs = np.unique(np.stack([packets.dst[up], packets.src[up]]), axis=1)
    _, clients = np.unique(pairs[0], return_counts=True)

    assert (clients <= 2).mean() > 0.5
    assert clients.max() > 100
