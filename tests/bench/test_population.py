"""Lines have devices, hours and addresses."""

import numpy as np
from numpy.testing import assert_array_equal

from hinomi.bench.access import Access
from hinomi.bench.population import Scene, client_codes, draw_times, settle, spans, stream
from hinomi.bench.spec import DAY_MS, HOUR_MS, Device, WorldSpec, demo_spec


def test_lines_share_an_address_only_behind_cgnat() -> None:
    """A few addresses have many lines, all in the shared prefix; all others have one."""
    plan = settle(demo_spec()).plan
    _, address, lines = np.unique(plan.home, return_inverse=True, return_counts=True)

    crowded = plan.access == Access.CROWD
    assert (lines[address[~crowded]] == 1).all()
    assert np.unique(plan.home[crowded]).size >= 2
    assert lines.max() == demo_spec().access.crowd_lines


def test_activity_is_heavy_tailed_with_mean_one() -> None:
    """A tenth of the lines makes more than a third of the traffic."""
    activity = np.sort(settle(demo_spec()).activity)

    assert abs(activity.mean() - 1) < 0.05
    assert activity[-2_000:].sum() > activity.sum() / 3


def test_only_things_have_a_model(scene: Scene) -> None:
    """PCs and phones have none; every IoT device has one."""
    population = scene.population
    things = population.device_kind == Device.IOT

    assert (population.device_model[things] >= 0).all()
    assert (population.device_model[~things] == -1).all()
    assert things.sum() == population.devices(Device.IOT).size > 0


def test_evenings_are_busier_than_nights(tiny: WorldSpec) -> None:
    """21-23 h in Japan sees three times the traffic of 3-5 h, at least."""
    times_ms = draw_times(tiny, 100_000, 0, np.random.default_rng(1)) - tiny.starts_ms
    hour = times_ms // HOUR_MS

    assert ((times_ms >= 0) & (times_ms < tiny.length_ms)).all()
    assert np.isin(hour, [12, 13]).sum() > 3 * np.isin(hour, [18, 19]).sum()


def test_always_on_clients_are_there_all_the_time(tiny: WorldSpec) -> None:
    """The spans of each client add up to the window, without overlap."""
    shift_ms = np.zeros(50, np.int64)

    client, start_ms, end_ms = spans(tiny, shift_ms, np.random.default_rng(1), office_hours=False)

    assert_array_equal(np.bincount(client, end_ms - start_ms), np.full(50, tiny.length_ms))


def test_switched_off_devices_rest_for_part_of_the_day() -> None:
    """A PC is on for 4 to 14 hours a day."""
    spec = demo_spec()
    shift_ms = np.zeros(50, np.int64)

    client, start_ms, end_ms = spans(spec, shift_ms, np.random.default_rng(1), office_hours=True)
    daily_ms = np.bincount(client, end_ms - start_ms) / spec.days

    assert daily_ms.min() > 3.5 * HOUR_MS
    assert daily_ms.max() <= 14 * HOUR_MS


def test_a_device_changes_its_ipv6_address_each_day(scene: Scene) -> None:
    """Privacy addresses: another day, another host, while IPv4 stays."""
    device = np.zeros(2, np.int64)
    times_ms = np.array([0, DAY_MS], np.int64)

    over_v6 = client_codes(scene.population, device, times_ms, np.ones(2, np.bool_))
    over_v4 = client_codes(scene.population, device, times_ms, np.zeros(2, np.bool_))

    assert np.unique(over_v6).size == 2
    assert np.unique(over_v4).size == 1


def test_each_part_has_its_own_source_of_chance(tiny: WorldSpec) -> None:
    """The same name gives the same numbers, another name others."""
    first, again, other = (stream(tiny, name).random() for name in ("a", "a", "b"))

    assert first == again != other
