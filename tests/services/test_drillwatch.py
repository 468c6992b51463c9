"""A drop against earlier drills of like windows is an alarm; chance is none."""

import pytest

from drills import drill_record
from hinomi.govern.parameters import default_register
from hinomi.services.drillwatch import watch
from hinomi.store.drills import DrillRecord

REGISTER = default_register()
BEFORE = [drill_record(found=found) for found in (78, 80, 82, 79)]


def test_a_drop_is_an_alarm() -> None:
    """From four fifths of the possible to a half."""
    watched = watch(drill_record(found=50), BEFORE, REGISTER)

    assert watched.alarm
    assert watched.earlier == 4
    assert watched.median == pytest.approx(0.795)
    assert watched.attained == pytest.approx(0.5)


@pytest.mark.parametrize("found", [70, 80, 99])
def test_what_stays_near_or_rises_is_none(found: int) -> None:
    """Within the tolerance, as usual, better."""
    assert not watch(drill_record(found=found), BEFORE, REGISTER).alarm


def test_the_luck_of_few_botnets_is_no_alarm() -> None:
    """Five of ten may be chance where eight are usual; fifty of a hundred may not."""
    before = [drill_record(botnets=10, possible=10.0, found=8)] * 4

    assert not watch(drill_record(botnets=10, possible=10.0, found=5), before, REGISTER).alarm
    assert watch(drill_record(botnets=10, possible=10.0, found=0), before, REGISTER).alarm


@pytest.mark.parametrize(
    "other",
    [{"plan": "xyz"}, {"sampling_interval": 1_000}, {"hours": 168}],
    ids=lambda changed: next(iter(changed)),
)
def test_only_like_windows_are_compared(other: dict[str, object]) -> None:
    """Another plan, interval or length of the window is another matter."""
    before = [drill_record(found=80, **other)] * 5

    watched = watch(drill_record(found=10), before, REGISTER)

    assert (watched.alarm, watched.earlier, watched.median) == (False, 0, None)


def test_too_few_earlier_drills_say_nothing() -> None:
    """As many as are registered."""
    least = REGISTER.integer("drill.earlier_min")
    now = drill_record(found=10)

    assert not watch(now, BEFORE[: least - 1], REGISTER).alarm
    assert watch(now, BEFORE[:least], REGISTER).alarm


def test_drills_of_long_ago_are_forgotten() -> None:
    """The latest count: once it has found less for long, that is how the network is."""
    before: list[DrillRecord] = [*BEFORE * 5, *[drill_record(found=50)] * 20]

    assert not watch(drill_record(found=50), before, REGISTER).alarm


def test_nothing_possible_is_no_alarm() -> None:
    """A window that shows no botnet at all, with history."""
    assert watch(drill_record(found=0, possible=0.0), BEFORE, REGISTER).attained is None
