"""A number that was measured, and how far it may be off."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

CONFIDENCE: Final = 0.95
"""Of all intervals in `verify`: so many in a hundred hold what they should."""

TAIL: Final = (1.0 - CONFIDENCE) / 2.0
WIDTH: Final = float(stats.norm.ppf(1.0 - TAIL))

_JEFFREYS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured value and the ends of its 95 % interval."""

    value: float
    low: float
    high: float  # math.inf: nothing bounds it from above.

    def render(self, digits: int = 3) -> dict[str, float | None]:
        """Render for JSON; what has no end or no value is None."""
        return {
            name: round(number, digits) if math.isfinite(number) else None
            for name, number in (("value", self.value), ("low", self.low), ("high", self.high))
        }


def share(right: float, of: float) -> Estimate | None:
    """Estimate a share as `jeffreys` does; None where nothing was looked at."""
    return None if of == 0 else jeffreys(right, of)


def jeffreys(right: float, of: float) -> Estimate:
    """
    Estimate a share from counts, with Jeffreys' equal-tailed interval.

    Args:
        right: How many have it, 0..of; no whole number where cases are weighed.
        of: How many were looked at, above 0.

    Raises:
        ValueError: If these counts give no share (the caller's bug).

    Source:
        Brown, Cai and DasGupta (2001), Statistical Science 16:101, section 4: for 40 cases
        and fewer the Jeffreys or the Wilson interval; the ends are 0 and 1 where none or all
        are right (their section 3.1.2 and figure 5).
    """
    if not 0 <= right <= of or of == 0:
        raise ValueError(f"{right} of {of} is no share")
    one, other = right + _JEFFREYS, of - right + _JEFFREYS
    low = 0.0 if right == 0 else float(stats.beta.ppf(TAIL, one, other))
    high = 1.0 if right == of else float(stats.beta.ppf(1.0 - TAIL, one, other))
    return Estimate(right / of, low, high)


def plausible(right: float, of: float, draws: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw shares that *right* of *of* leave plausible: Jeffreys' posterior, shape (draws,)."""
    return rng.beta(right + _JEFFREYS, of - right + _JEFFREYS, draws)


def middle(value: float, drawn: NDArray[np.float64]) -> Estimate:
    """Give *value* with the interval that holds 95 % of what was *drawn*, evenly cut."""
    low, high = np.quantile(drawn, [TAIL, 1.0 - TAIL])
    return Estimate(value, float(low), float(high))
