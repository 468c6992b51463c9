"""What the timers of a member start is started, however long the hub was away before."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.services.membership import asking

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
UNIT: Final = DEPLOY / "hinomi-listings@.service"
TIMERS: Final = sorted(DEPLOY.glob("hinomi-listings-*.timer"))
_UNITS: Final = {"min": 60, "h": 3_600, "": 1}
_DAY_S: Final = 86_400


def settings(path: Path, name: str) -> list[str]:
    """Give what a unit sets by this name, in order."""
    return re.findall(rf"^{name}=(.*)$", path.read_text("utf-8"), re.MULTILINE)


def seconds(text: str) -> int:
    """Read a span of time as systemd writes it."""
    number, unit = re.fullmatch(r"(\d+)(min|h|)", text).groups()  # type: ignore[union-attr]
    return int(number) * _UNITS[unit]


def asked_at(timer: Path) -> Iterator[int]:
    """Give the seconds of a day at which a timer starts its unit, without its random delay."""
    for each in settings(timer, "OnCalendar"):
        hour, minute = re.fullmatch(r"\*-\*-\* (\*|\d\d):(\d\d):00 UTC", each).groups()  # type: ignore[union-attr]
        hours = range(24) if hour == "*" else (int(hour),)
        yield from (each * 3_600 + int(minute) * 60 for each in hours)


class Limit:
    """The limit on starts of a unit: so many within a span that begins with the first."""

    def __init__(self) -> None:
        self.span = seconds(settings(UNIT, "StartLimitIntervalSec")[0])
        self.burst = int(settings(UNIT, "StartLimitBurst")[0])
        self.begun, self.count = -_DAY_S, 0

    def allows(self, at: int) -> bool:
        """Count a start, and tell whether it is one."""
        if at - self.begun > self.span:
            self.begun, self.count = at, 0
        self.count += 1
        return self.count <= self.burst


def attempts(timer: Path, back: int, data: st.DataObject) -> Iterator[tuple[int, bool]]:
    """Give when a unit is to be started, by a timer or anew, and whether it is, in two days."""
    delay = seconds(settings(timer, "RandomizedDelaySec")[0])
    rest = seconds(settings(UNIT, "RestartSec")[0])
    longest = data.draw(st.sampled_from([1, 60, int(asking.ALL_S)]), "the longest attempt")
    limit, free = Limit(), 0
    times = sorted(asked_at(timer))
    for asked in [*times, *(each + _DAY_S for each in times)]:
        at = asked + data.draw(st.integers(0, delay))
        if at < free:
            continue  # It is at it, or waits to be started anew.
        while True:
            is_started = limit.allows(at)
            yield at, is_started
            ends = at + data.draw(st.integers(0, longest))
            free = ends if is_started else at
            if not is_started or at >= back or at > 2 * _DAY_S:
                break
            at = free = ends + rest


@pytest.mark.parametrize("name", ["submit", "feedback"])
@given(back=st.integers(0, 2 * _DAY_S), data=st.data())
def test_what_goes_before_the_list_is_tried_until_the_list(
    name: str, back: int, data: st.DataObject
) -> None:
    """However long the hub was away, or detection not done: no start is refused until then."""
    for at, is_started in attempts(DEPLOY / f"hinomi-listings-{name}.timer", back, data):
        assert is_started or at % _DAY_S > 2 * 3_600


@pytest.mark.parametrize("name", ["pull", "corroborate"])
@given(back=st.integers(0, _DAY_S), data=st.data())
def test_a_hub_that_is_back_is_asked_soon(name: str, back: int, data: st.DataObject) -> None:
    """Within little more than the hour of the timer."""
    tried = attempts(DEPLOY / f"hinomi-listings-{name}.timer", back, data)
    first = next(at for at, is_started in tried if is_started and at >= back)
    assert first - back <= 90 * 60


@pytest.mark.parametrize("timer", TIMERS, ids=lambda path: path.stem)
def test_a_hub_that_stays_away_is_told_of(timer: Path) -> None:
    """Some start is refused in the end: the unit has failed then, and no longer waits."""
    rest = seconds(settings(UNIT, "RestartSec")[0])
    limit = Limit()
    begins = min(asked_at(timer))
    assert not all(limit.allows(begins + tried * (rest + 31)) for tried in range(24))


def test_an_attempt_ends_by_itself_before_it_is_ended() -> None:
    """So that it leaves its word on why."""
    (most,) = settings(UNIT, "TimeoutStartSec")
    assert seconds(most) >= asking.ALL_S + 120
    assert asking.TOTAL_S <= asking.ALL_S


def test_every_timer_starts_a_unit_that_exists() -> None:
    """By the name of its command."""
    started = {settings(each, "Unit")[0] for each in TIMERS}
    assert started == {
        f"hinomi-listings@{name}.service" for name in ("pull", "submit", "feedback", "corroborate")
    }
