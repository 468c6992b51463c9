"""
How much of one list is copied from another, estimated from when each named what.

Three clues, each with what chance alone would give:

- *following*: entries that the other list had shortly before, or since the same day. Chance is
  read off the other side: as often as the other list comes later, or as the long gaps lead one
  to expect where one list is merely slower;
- *at once*: entries that both name within a day of each other, whoever was first, above what
  gaps of a few days lead one to expect;
- *together*: entries that both name within some days, above what longer gaps lead one to expect.
  Two copies of a third list look like this, and so do two good sources that are quick: it can
  clear of copying, and never accuse;
- *mistakes*: entries that turned out wrong and that both have. Sources that look for themselves
  find the same truths, and make mistakes of their own.

Source:
    That shared mistakes tell copies from agreement: Dong, Berti-Equille and Srivastava (2009),
    Integrating conflicting data: the role of source dependence, PVLDB 2(1):550. The clues and
    their estimates here are ours.
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from hinomi.govern.parameters import Register

Key = Hashable
"""What a list names: a service, or an address."""

History = Mapping[Any, int]
"""By `Key` (which mypy would want of one kind): the day it was first named, since 1970-01-01."""

_EDGES: Final = np.linspace(0.0, 1.0, 201)
_SHARES: Final = (_EDGES[1:] + _EDGES[:-1]) / 2.0
"""Copied shares that are weighed: 200 pieces of 0..1, each by its middle."""

_ERRORS: Final = special.ndtri((np.arange(15) + 0.5) / 15)
"""Standard errors that stand for all that an estimate of chance can be wrong by."""

_FLAT_LAW: Final = 0.999
_STEEPEST: Final = 0.2
_STEEPEST_SLOW: Final = 0.7
"""Gaps never thin out faster than so from day to day; of a slow list, whose long ones we see."""

TOGETHER: Final = "together"
_AT_ONCE_DAYS: Final = 1
_JEFFREYS: Final = 0.5


class Kinship(StrEnum):
    """What two lists are to each other."""

    COPY = "copy"
    INDEPENDENT = "independent"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """What copying is reckoned with; the values that ship stand in the register."""

    copy_share: float = 0.3  # From this copied share on two lists are one.
    copy_days: int = 7  # A copy follows within so many days.
    least_entries: int = 30  # Fewer new entries, seen by both, tell nothing.
    least_days: int = 10  # Nor do entries of fewer different days.
    least_mistakes: int = 5  # Fewer mistakes tell nothing.
    shared_mistakes: float = 0.1  # This share of its mistakes a list makes like any other.
    interval: float = 0.9

    @classmethod
    def from_register(cls, register: Register) -> Self:
        """Read the values from ``evidence.*``."""
        return cls(
            copy_share=register.number("evidence.copy_share"),
            copy_days=register.integer("evidence.copy_days"),
            least_entries=register.integer("evidence.least_entries"),
            least_days=register.integer("evidence.least_days"),
            least_mistakes=register.integer("evidence.least_mistakes"),
            shared_mistakes=register.number("evidence.shared_mistakes"),
            interval=register.number("evidence.interval"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """What one clue says: how many entries show it, how many chance would give, what follows."""

    code: str  # "following", "at-once", "together" or "mistakes".
    entries: int  # That could show it.
    found: int  # That do.
    by_chance: float  # That would if nothing were copied.
    share: float  # Copied share of the entries that this comes to, 0..1.
    low: float  # Ends of the credible interval.
    high: float
    is_enough: bool  # Whether there is enough of it to say anything.

    def says(self, copy_share: float) -> Kinship:
        """Tell whether the whole interval lies on one side of *copy_share*."""
        if self.is_enough and self.low >= copy_share and self.code != TOGETHER:
            return Kinship.COPY
        if self.is_enough and self.high < copy_share:
            return Kinship.INDEPENDENT
        return Kinship.UNDECIDED


def clues(
    follower: History, leader: History, wrong: Collection[Key], copying: Copying
) -> tuple[Clue, ...]:
    """
    Weigh what speaks for *follower* being copied from *leader*.

    Only entries that both lists were watched for count: new since *copy_days* after the
    younger history began (before, a list stands as it was found, and its days are not those on
    which it learned), and no younger than *copy_days* before the older one ends.

    Args:
        follower: The list that may be a copy.
        leader: The list that it may be copied from.
        wrong: Keys that turned out wrong, of whatever list.
        copying: What it is reckoned with.

    Returns:
        Following, at once, together, mistakes.

    Notes:
        Measured in docs/reference/independence.md.
    """
    days, gaps = _gaps(follower, leader, copying.copy_days)
    enough = days.size >= copying.least_entries and np.unique(days).size >= copying.least_days
    most = copying.copy_days
    behind, ahead, apart = gaps[gaps >= 0], -gaps[gaps < 0], np.abs(gaps)
    near = ahead[ahead <= most]
    found = {
        "following": (gaps >= 0) & (gaps <= most),
        "at-once": apart <= _AT_ONCE_DAYS,
        TOGETHER: apart <= most,
    }
    chance = {
        # A list that is merely slower lags by long gaps as well: these lead to the short ones.
        "following": np.maximum(
            near.size + _ERRORS * np.sqrt(near.size) + _before(near, 0, most, days=1),
            _before(behind, most, 3 * most, days=most + 1, steepest=_STEEPEST_SLOW),
        ),
        # Both sides lead to the middle, and each to half of the day that they share.
        "at-once": _before(apart, _AT_ONCE_DAYS, most, days=_AT_ONCE_DAYS + 0.5),
        TOGETHER: _before(apart, most, 3 * most, days=most + 0.5, steepest=_STEEPEST_SLOW),
    }
    timed = (
        _timed(code, days, found[code], chance[code], copying, is_enough=enough) for code in found
    )
    return *timed, _mistakes(follower, leader, wrong, copying)


def _gaps(
    follower: History, leader: History, margin: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Give the day of each new entry of the follower, and how long the leader had it; or NaN."""
    if not follower or not leader:
        return np.empty(0, np.int64), np.empty(0)
    since = max(min(follower.values()), min(leader.values())) + margin
    until = min(max(follower.values()), max(leader.values())) - margin
    rows = [
        (day, day - leader[key] if key in leader else np.nan)
        for key, day in follower.items()
        if since < day <= until
    ]
    table = np.array(rows, dtype=np.float64).reshape(-1, 2)
    return table[:, 0].astype(np.int64), table[:, 1]


def _before(
    gaps: NDArray[np.float64], after: int, most: int, *, days: float, steepest: float = _STEEPEST
) -> NDArray[np.float64]:
    """
    Reckon how many gaps lie in the *days* up to *after*, from those longer, up to *most*.

    They are taken to thin out geometrically, as those of sources do that find a server with
    the same chance every day.

    Returns:
        One value for each of `_ERRORS`, by which number and law of the gaps may be wrong.
    """
    steps = gaps[(gaps > after) & (gaps <= most)] - after
    step = np.arange(1, most - after + 1)
    ratios = np.linspace(steepest, _FLAT_LAW, 200)
    laws = ratios[:, None] ** step
    laws /= laws.sum(axis=1, keepdims=True)
    means = laws @ step
    mean = float(steps.mean()) if steps.size else float(step.mean())
    spread = max(float(steps.std()) if steps.size else 0.0, _JEFFREYS)
    ratio = np.interp(mean - _ERRORS * spread / np.sqrt(steps.size + 1.0), means, ratios)
    number = np.maximum(steps.size + _ERRORS * np.sqrt(steps.size), 0.0) + _JEFFREYS
    return number * (ratio**-days - 1.0) / (1.0 - ratio**step.size)  # type: ignore[no-any-return]  # numpy's powers are Any.


def _timed(
    code: str,
    days: NDArray[np.int64],
    found: NDArray[np.bool_],
    chance: NDArray[np.float64],
    copying: Copying,
    *,
    is_enough: bool,
) -> Clue:
    """Weigh a clue of days; entries of one day count less where they go together."""
    entries, weight = max(days.size, 1), 1.0 / _together_by_day(days, found)
    shares = np.clip(chance / entries, 0.0, 1.0)
    counted = (days.size * weight, float(found.sum()) * weight)
    return _clue(code, (days.size, int(found.sum())), counted, shares, copying, is_enough=is_enough)


def _together_by_day(days: NDArray[np.int64], shows: NDArray[np.bool_]) -> float:
    """Give the design effect (Kish 1965) of entries coming in days: 1 where they come singly."""
    if not days.size:
        return 1.0
    _, day = np.unique(days, return_inverse=True)
    share = (shows.sum() + _JEFFREYS) / (days.size + 1.0)
    left = np.bincount(day, weights=shows - share)
    return max(1.0, float((left**2).sum() / (days.size * share * (1.0 - share))))


def _mistakes(follower: History, leader: History, wrong: Collection[Key], copying: Copying) -> Clue:
    """Weigh mistakes that both made."""
    own = [key for key in wrong if key in follower]
    shared = sum(key in leader for key in own)
    return _clue(
        "mistakes",
        (len(own), shared),
        (float(len(own)), float(shared)),
        np.full(_ERRORS.shape, copying.shared_mistakes),
        copying,
        is_enough=len(own) >= copying.least_mistakes,
    )


def _clue(
    code: str,
    shown: tuple[int, int],
    counted: tuple[float, float],
    chances: NDArray[np.float64],
    copying: Copying,
    *,
    is_enough: bool,
) -> Clue:
    """Weigh every copied share by how likely it makes what was found (a flat prior)."""
    entries, found = counted
    likely = _SHARES[:, None] + (1.0 - _SHARES[:, None]) * chances
    likely = np.clip(likely, 1e-9, 1.0 - 1e-9)
    weights = special.logsumexp(
        found * np.log(likely) + (entries - found) * np.log1p(-likely), axis=1
    )
    mass = np.exp(weights - special.logsumexp(weights))
    total = np.concatenate(([0.0], np.cumsum(mass)))
    rest = (1.0 - copying.interval) / 2.0
    low, high = np.interp((rest, 1.0 - rest), total, _EDGES)
    return Clue(
        code=code,
        entries=shown[0],
        found=shown[1],
        by_chance=float(np.median(chances)) * shown[0],
        share=float((mass * _SHARES).sum()),
        low=float(low),
        high=float(high),
        is_enough=is_enough,
    )
