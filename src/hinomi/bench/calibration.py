"""
Whether probabilities mean what they say.

Kept are sums only, so that worlds can be pooled: counts, mean probabilities and losses of
C&Cs and of others apart. The two apart also tell what the same probabilities are worth
where C&Cs are rarer: each C&C then counts as a part of one.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

BINS: Final = 10
"""Bins of a tenth each; the last holds 1."""

BANDS: Final = ((0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9))
"""Where probabilities are neither nothing nor certainty: bands of two bins."""

SHOWN_FROM: Final = 0.1
"""The calibration error is told of these: nearly all services have none, and say nothing."""

RARER: Final = 0.1
"""Also told: as if C&Cs were so much rarer."""

LEAST: Final = 1e-9
"""No probability is taken for less, nor for more than 1 less this, in the logarithm."""

CONFIDENCE: Final = 0.95
DRAWS: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Sums over services; lists have one value a bin of probability."""

    others: list[float]  # Services that are no C&C.
    ccs: list[float]
    probability_others: list[float]  # Sum of probabilities.
    probability_ccs: list[float]
    squares_others: float  # Sum of squared errors.
    squares_ccs: float
    logs_others: float  # Sum of -ln of the probability of what is true.
    logs_ccs: float

    def __add__(self, other: "Calibration") -> "Calibration":
        """Pool two sets of services."""

        def pooled(mine: list[float], theirs: list[float]) -> list[float]:
            return [a + b for a, b in zip(mine, theirs, strict=True)]

        return Calibration(
            others=pooled(self.others, other.others),
            ccs=pooled(self.ccs, other.ccs),
            probability_others=pooled(self.probability_others, other.probability_others),
            probability_ccs=pooled(self.probability_ccs, other.probability_ccs),
            squares_others=self.squares_others + other.squares_others,
            squares_ccs=self.squares_ccs + other.squares_ccs,
            logs_others=self.logs_others + other.logs_others,
            logs_ccs=self.logs_ccs + other.logs_ccs,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Services of about one probability."""

    low: float
    high: float
    services: float
    right: float
    stated: float  # Mean probability, 0..1.
    share: float  # Of them that are C&Cs.
    share_low: float  # Wilson's interval.
    share_high: float

    @property
    def error(self) -> float:
        """Stated less real: above 0 is overconfident."""
        return self.stated - self.share


def calibrate(
    probability: NDArray[np.float64],
    is_cc: NDArray[np.bool_],
    weight: NDArray[np.float64] | None = None,
) -> Calibration:
    """
    Sum up what was stated and what is true.

    Args:
        probability: Stated, 0..1, shape (n,) as the others.
        is_cc: What is true.
        weight: Services that a row stands for; left out: one.
    """
    weights = np.ones(probability.size) if weight is None else weight
    at = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
    bounded = np.clip(probability, LEAST, 1.0 - LEAST)
    counts, sums = {}, {}
    for name, rows in (("others", ~is_cc), ("ccs", is_cc)):
        counts[name] = np.bincount(at[rows], weights[rows], BINS).tolist()
        sums[name] = np.bincount(at[rows], (weights * probability)[rows], BINS).tolist()
    return Calibration(
        others=counts["others"],
        ccs=counts["ccs"],
        probability_others=sums["others"],
        probability_ccs=sums["ccs"],
        squares_others=float((weights * probability**2)[~is_cc].sum()),
        squares_ccs=float((weights * (1.0 - probability) ** 2)[is_cc].sum()),
        logs_others=float((weights * -np.log1p(-bounded))[~is_cc].sum()),
        logs_ccs=float((weights * -np.log(bounded))[is_cc].sum()),
    )


def shift_odds(probability: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """Give the probabilities that the same evidence means where C&Cs are *factor* as common."""
    shifted: NDArray[np.float64] = (
        factor * probability / (factor * probability + (1.0 - probability))
    )
    return shifted


def brier(sums: Calibration, rarer: float = 1.0) -> float:
    """Give the mean squared error; each C&C counts as *rarer* of one."""
    return (sums.squares_others + rarer * sums.squares_ccs) / _services(sums, rarer)


def log_loss(sums: Calibration, rarer: float = 1.0) -> float:
    """Give the mean of -ln of the probability stated for what is true, nats a service."""
    return (sums.logs_others + rarer * sums.logs_ccs) / _services(sums, rarer)


def base_log_loss(sums: Calibration, rarer: float = 1.0) -> float:
    """
    Give the log loss of who states the real share of C&Cs for every service.

    No constant is better: what is above it knows less than nothing.
    """
    share = rarer * sum(sums.ccs) / _services(sums, rarer)
    bounded = min(max(share, LEAST), 1.0 - LEAST)
    return float(-share * np.log(bounded) - (1.0 - share) * np.log1p(-bounded))


def bands(
    sums: Calibration, edges: tuple[tuple[float, float], ...] = BANDS, rarer: float = 1.0
) -> list[Band]:
    """
    Compare what was stated with what is true, band by band; empty bands are left out.

    Args:
        sums: What `calibrate` summed.
        edges: From and below, multiples of a tenth.
        rarer: Each C&C counts as so much of one.
    """
    found = []
    for low, high in edges:
        place = slice(round(low * BINS), round(high * BINS))
        right, others = sum(sums.ccs[place]), sum(sums.others[place])
        services = rarer * right + others
        if services == 0:
            continue
        stated = rarer * sum(sums.probability_ccs[place]) + sum(sums.probability_others[place])
        # Kish's effective number: C&Cs that count for a tenth tell no more than they are.
        effective = services**2 / (rarer**2 * right + others)
        share = rarer * right / services
        least, most = wilson(share, effective)
        found.append(
            Band(
                low=low,
                high=high,
                services=services,
                right=rarer * right,
                stated=stated / services,
                share=share,
                share_low=least,
                share_high=most,
            )
        )
    return found


def reliability(sums: Calibration, rarer: float = 1.0) -> list[Band]:
    """Give the bands of a reliability plot: every tenth that holds a service."""
    edges = tuple((place / BINS, (place + 1) / BINS) for place in range(BINS))
    return bands(sums, edges, rarer)


def expected_error(
    sums: Calibration, rarer: float = 1.0, *, seed: int = 1
) -> tuple[float, float, float] | None:
    """
    Give the expected calibration error of what is stated from SHOWN_FROM on.

    Returns:
        The mean over services of the distance between stated and real in their bin, and
        the ends of its bootstrap interval; None where nothing is stated.

    Notes:
        Drawn anew are the numbers of C&Cs and of others in each bin (multinomial); their
        mean probabilities stay. The estimate leans upwards where bins hold few services.

    Source:
        Naeini, Cooper and Hauskrecht (2015), AAAI: the error; Efron (1979): the bootstrap.
    """
    first = round(SHOWN_FROM * BINS)
    ccs, others = np.array(sums.ccs[first:]), np.array(sums.others[first:])
    total = ccs.sum() + others.sum()
    if total == 0:
        return None
    means = tuple(
        np.divide(stated[first:], count, out=np.zeros(count.size), where=count > 0)
        for stated, count in ((sums.probability_ccs, ccs), (sums.probability_others, others))
    )
    chances = np.concatenate([ccs, others]) / total
    drawn = np.random.default_rng(seed).multinomial(round(total), chances, DRAWS).astype(float)
    errors = _error(drawn[:, : ccs.size], drawn[:, ccs.size :], means, rarer)
    low, high = np.quantile(errors, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    whole = _error(ccs[np.newaxis], others[np.newaxis], means, rarer)
    return float(whole[0]), float(low), float(high)


def wilson(share: float, number: float) -> tuple[float, float]:
    """
    Give the 95 % interval of a share among *number* observations.

    Source:
        Wilson (1927), JASA 22:209.
    """
    if number <= 0:
        return 0.0, 1.0
    width = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
    middle = share + width**2 / (2 * number)
    spread = width * float(np.sqrt(share * (1 - share) / number + (width / (2 * number)) ** 2))
    scale = 1 + width**2 / number
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def _error(
    ccs: NDArray[np.float64],
    others: NDArray[np.float64],
    means: tuple[NDArray[np.float64], ...],
    rarer: float,
) -> NDArray[np.float64]:
    """Give the error of each drawing; counts have shape (drawings, bins)."""
    gaps = np.abs(rarer * ccs * (means[0] - 1.0) + others * means[1]).sum(axis=1)
    services: NDArray[np.float64] = (rarer * ccs + others).sum(axis=1)
    result: NDArray[np.float64] = gaps / np.maximum(services, LEAST)
    return result


def _services(sums: Calibration, rarer: float) -> float:
    return max(sum(sums.others) + rarer * sum(sums.ccs), LEAST)
