"""
How far a window looks from what a model was learned on: its columns against deciles kept.

Networks differ: no one window looks like all of training together. So a column has drifted
only where it lies farther from them than any window did that was learned from.

Drift says nothing of right or wrong by itself. It says that the model is asked about
services of a kind that it was not shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.detect.features import Columns
from hinomi.detect.model import Card

WORST: Final = 5
"""So many columns are named, whether they drifted or not."""

_DIGITS: Final = 6  # As deciles are kept on the card.
_STEPS: Final = np.linspace(0.0, 1.0, 11)
_ATOM: Final = 0.02
"""A value that so many services share stands for itself, whatever the deciles say of it."""

_LEAST_SHARE: Final = 0.005
"""A part that nothing was expected in counts as this much: one service there is no alarm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What of a window is unlike what its model was learned on."""

    services: int  # Compared.
    index: dict[str, float]  # Population stability index of each column, the largest first.
    threshold: float  # From here on a column may be said to have drifted,
    spread: dict[str, float]  # and where this, of the windows learned from, is passed too.
    interval: int  # Sampling interval of the window, 0 unknown.
    known_intervals: tuple[int, ...]  # Those that the model was learned at.

    @property
    def drifted(self) -> list[str]:
        """Name the columns farther out than the threshold and all of training, the worst first."""
        return [
            name
            for name, index in self.index.items()
            if index > max(self.threshold, self.spread.get(name, 0.0))
        ]

    @property
    def knows_interval(self) -> bool:
        """Tell whether the window is sampled as something that the model was learned on."""
        known = self.known_intervals
        return bool(known) and min(known) <= self.interval <= max(known)

    def render(self) -> dict[str, object]:
        """Render for JSON: the worst columns, all that drifted, and the sampling."""
        worst = list(self.index.items())[:WORST]
        return {
            "services": self.services,
            "worst": [
                {
                    "column": name,
                    "index": round(index, 4),
                    "in_training": round(self.spread.get(name, 0.0), 4),
                }
                for name, index in worst
            ],
            "threshold": self.threshold,
            "drifted": self.drifted,
            "sampling_interval": self.interval,
            "known_sampling_intervals": list(self.known_intervals),
            "knows_sampling_interval": self.knows_interval,
        }


def drift(
    columns: Columns, looked: NDArray[np.bool_], card: Card, interval: int, threshold: float
) -> Drift:
    """
    Compare a window with what the card says of the training.

    Args:
        columns: `features.describe`, shape (services,) each.
        looked: Services that the model looks at, shape (services,).
        card: Its `measures` are 11 deciles, minimum and maximum among them, by column, and its
            `spread` what `spread_of` found.
        interval: Sampling interval of the window, 0 unknown.
        threshold: Index from which a column is said to have drifted.
    """
    found = {
        name: stability(columns[name][looked], deciles)
        for name, deciles in card.measures.items()
        if name in columns
    }
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return Drift(
        services=int(looked.sum()),
        index=dict(ordered),
        threshold=threshold,
        spread=dict(card.spread),
        interval=interval,
        known_intervals=tuple(sorted(card.intervals)),
    )


def deciles_of(values: NDArray[np.float64]) -> list[float]:
    """Give minimum, the nine deciles and maximum of *values*, as a card keeps them."""
    return [round(float(value), _DIGITS) for value in np.quantile(values, _STEPS)]


def remembered(
    windows: Mapping[str, Sequence[NDArray[np.float64]]],
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """
    Give what a card keeps of training: its `measures` and its `spread`.

    Args:
        windows: By column, the values of each window learned from, shape (n,) each.
    """
    measures = {name: deciles_of(np.concatenate(values)) for name, values in windows.items()}
    return measures, {name: spread_of(windows[name], measures[name]) for name in measures}


def spread_of(windows: Sequence[NDArray[np.float64]], deciles: Sequence[float]) -> float:
    """
    Give the largest index that one of the *windows* learned from has against all together.

    Args:
        windows: Values of one column, shape (n,) each.
        deciles: `deciles_of` all of them.
    """
    return round(max((stability(each, deciles) for each in windows), default=0.0), _DIGITS)


def stability(values: NDArray[np.float64], deciles: Sequence[float]) -> float:
    """
    Give the population stability index of *values* against deciles of the past.

    Args:
        values: Shape (n,).
        deciles: Minimum, the nine deciles and maximum, ascending, rounded to six digits.

    Returns:
        Sum over the parts of (share now - share then) ln(share now / share then), less what
        chance alone lets expect of n values, at least 0. By custom 0.1 is a slight change
        and 0.25 a large one.

    Notes:
        A value that many share, such as 0, may have had any share that the deciles about it
        leave open: the one nearest to now is taken, so that the index is never too high for
        want of knowing.

    Source:
        Siddiqi (2006), Credit Risk Scorecards; its expectation without drift, (parts - 1)/n,
        from Yurdakul (2018), Western Michigan University, dissertation 3208.
    """
    if not values.size:
        return 0.0
    now, then = _heights(np.sort(np.round(values, _DIGITS)), deciles)
    shares_now, shares_then = np.diff(now), np.diff(then)
    held = (shares_now > 0) | (shares_then > 0)
    least = max(_LEAST_SHARE, 0.5 / values.size)
    shares_now = np.maximum(shares_now[held], least)
    shares_then = np.maximum(shares_then[held], least)
    index = ((shares_now - shares_then) * np.log(shares_now / shares_then)).sum()
    return max(0.0, float(index) - (int(held.sum()) - 1) / values.size)


def _heights(
    ordered: NDArray[np.float64], deciles: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give both distribution functions at the cuts between parts, from 0 to 1."""
    steps = len(deciles) - 1
    now, then = [0.0], [0.0]
    for value, (first, last) in _places(deciles).items():
        below = float(np.searchsorted(ordered, value, side="left")) / ordered.size
        upto = float(np.searchsorted(ordered, value, side="right")) / ordered.size
        if first == last and upto - below < _ATOM:
            if 0 < first < steps:  # The outermost values of the past are chance.
                now.append(upto)
                then.append(first / steps)
            continue
        now += [below, upto]
        then.append(float(np.clip(below, max(first - 1, 0) / steps, first / steps)))
        then.append(float(np.clip(upto, last / steps, min(last + 1, steps) / steps)))
    return np.array([*now, 1.0]), np.array([*then, 1.0])


def _places(deciles: Sequence[float]) -> Mapping[float, tuple[int, int]]:
    """Give the first and the last decile that each value fills."""
    places: dict[float, tuple[int, int]] = {}
    for place, value in enumerate(deciles):
        places[value] = (places.get(value, (place, place))[0], place)
    return places
