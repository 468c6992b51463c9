"""
How soon a C&C server is listed, and whether it was still one when it was.

A case that waits is no case without a delay: it has waited so long at least. Leaving it out
would make the house look quick by what it has not done yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.verify.intervals import WIDTH, Estimate, share
from hinomi.verify.precision import Answer

_HOUR_MS: Final = 3_600_000
QUANTILES: Final = (0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Hours by which a share of the C&C servers is listed."""

    quantile: float
    hours: Estimate | None  # None: so many are not listed yet.
    among_listed: float | None  # Of those listed alone: too short while others wait.


@dataclass(frozen=True, slots=True, kw_only=True)
class Promptness:
    """Delays of C&C servers that were checked, and what became of listings."""

    listed: int
    waiting: int  # Checked, a C&C server, of a class that may be listed, and not listed.
    delays: tuple[Delay, ...]
    listings: int  # Whatever was listed, right or wrong.
    stale: Estimate | None  # Share of those of which it is known.
    stale_known: int
    still_contacted: Estimate | None
    still_contacted_known: int


def measure(answers: Sequence[Answer], *, as_of_ms: int) -> Promptness:
    """
    Measure how soon checked C&C servers were listed.

    Args:
        answers: As `precision.measure` takes them.
        as_of_ms: When this is measured: what is not listed has waited until then.
    """
    right = [each for each in answers if each.is_right and each.may_be_listed]
    until = [as_of_ms if each.listed_ms is None else each.listed_ms for each in right]
    hours = np.array(
        [max(end - each.opened_ms, 0) / _HOUR_MS for end, each in zip(until, right, strict=True)]
    )
    listed = np.array([each.listed_ms is not None for each in right], dtype=bool)
    published = [each for each in answers if each.listed_ms is not None]
    stale = [each.was_stale for each in published if each.was_stale is not None]
    met = [each.was_still_contacted for each in published if each.was_still_contacted is not None]
    among = hours[listed] if right else hours
    return Promptness(
        listed=int(listed.sum()),
        waiting=int((~listed).sum()),
        delays=tuple(
            Delay(
                quantile=each,
                hours=delay(hours, listed, each),
                among_listed=float(np.quantile(among, each)) if among.size else None,
            )
            for each in QUANTILES
        ),
        listings=len(published),
        stale=share(sum(stale), len(stale)),
        stale_known=len(stale),
        still_contacted=share(sum(met), len(met)),
        still_contacted_known=len(met),
    )


def delay(
    hours: NDArray[np.float64], listed: NDArray[np.bool_], quantile: float
) -> Estimate | None:
    """
    Tell after how many hours a share of all cases is listed, those that wait counted in.

    Args:
        hours: From opening to listing, or to now, shape (n,).
        listed: Which of them were listed; the others are right-censored.
        quantile: The share, above 0 and below 1.

    Returns:
        None where so many were never listed. The interval holds the hours at which the share
        itself is plausible; its end is infinite where none is.

    Source:
        Kaplan and Meier (1958), JASA 53:457; Brookmeyer and Crowley (1982), Biometrics 38:29,
        with the complementary log-log scale of Kalbfleisch and Prentice.
    """
    times = np.unique(hours[listed])
    at_risk = np.array([(hours >= each).sum() for each in times], dtype=np.float64)
    ended = np.array([(hours[listed] == each).sum() for each in times], dtype=np.float64)
    left: NDArray[np.float64] = np.cumprod(1.0 - ended / at_risk, dtype=np.float64)
    # 0.5 of 0.1 + 0.2 + 0.2: what rounding leaves must not put the median later.
    reached = np.flatnonzero(left <= 1.0 - quantile + 1e-12)
    if reached.size == 0:
        return None
    low_curve, high_curve = _ends(left, at_risk, ended)
    earliest = np.flatnonzero(low_curve <= 1.0 - quantile)
    latest = np.flatnonzero(high_curve <= 1.0 - quantile)
    return Estimate(
        float(times[reached[0]]),
        float(times[earliest[0]]) if earliest.size else float(times[reached[0]]),
        float(times[latest[0]]) if latest.size else np.inf,
    )


def _ends(
    left: NDArray[np.float64], at_risk: NDArray[np.float64], ended: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the 95 % band of a survival curve by Greenwood's formula on the log-log scale."""
    inside = (left > 0.0) & (left < 1.0)
    remaining = np.where(at_risk > ended, at_risk - ended, 1.0)
    greenwood = np.cumsum(np.where(at_risk > ended, ended / (at_risk * remaining), 0.0))
    safe = np.where(inside, left, 0.5)
    spread = WIDTH * np.sqrt(greenwood) / np.abs(np.log(safe))
    low = np.where(inside, safe ** np.exp(spread), left)
    high = np.where(inside, safe ** np.exp(-spread), left)
    # Once all that were watched are listed the formula says nothing: the last width is kept.
    if left.size and left[-1] == 0.0:
        high[-1] = high[-2] if left.size > 1 else 1.0
    return low, high
