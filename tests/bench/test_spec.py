"""A spec refuses what no world can be, and tells its length."""

from collections.abc import Callable

import pytest

from hinomi.bench.spec import DAY_MS, WorldSpec, demo_spec, tiny_spec


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: WorldSpec(interval=0), "below 1"),
        (lambda: WorldSpec(lines=0), "at least one line"),
        (lambda: WorldSpec(days=0), "at least one line and one day"),
        (lambda: WorldSpec(exporters=()), "exporters"),
        (lambda: WorldSpec(exporters=(1, 0)), "no denser"),
        (lambda: WorldSpec(lines=100), "no more bots than lines"),
    ],
)
def test_impossible_worlds_are_refused(make: Callable[[], WorldSpec], said: str) -> None:
    """No sampling below 1, no empty window, no more bots than lines."""
    with pytest.raises(ValueError, match=said):
        make()


def test_a_world_is_as_long_as_its_days() -> None:
    """Seven days for the demonstration, one for tests."""
    assert demo_spec().length_ms == 7 * DAY_MS
    assert tiny_spec().length_ms == DAY_MS
