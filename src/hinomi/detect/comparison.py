"""
Two models beside each other on windows that neither learned from.

Truth is a part of the known-C&C list that was withheld. All other services are unlabelled:
C&Cs among them count as wrong in both models alike, so precision is a lower bound, and the
log loss is that of *being listed*, to which every service is a C&C by chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

DRAWS: Final = 1_000
LEAST_GAIN: Final = 0.01
LEAST_SPARED: Final = 0.1
"""Smaller differences of average precision, or of nats for each C&C, mean nothing to anybody."""

_INTERVAL: Final = (2.5, 97.5)
_MOST_SHARE: Final = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One window with one fold of the list withheld; columns of shape (services,)."""

    server: NDArray[np.int64]  # Number of the withheld C&C that the service is, -1 none.
    in_use: NDArray[np.float64]  # Log odds to be a C&C, by each model.
    own: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measure of both models, with the interval of its difference."""

    in_use: float
    own: float
    low: float  # Of own less in use, 95 %.
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What held-out windows say of two models."""

    servers: int  # Distinct withheld C&Cs, drawn anew for the intervals.
    rows: int  # Services in all trials.
    average_precision: Figure
    log_loss: Figure  # In nats for each withheld C&C met.

    @property
    def verdict(self) -> str:
        """Tell whether own is better, worse, or no difference can be told."""
        precision, loss = self.average_precision, self.log_loss
        gain, spared = precision.own - precision.in_use, loss.in_use - loss.own
        if (precision.high < 0 and gain < -LEAST_GAIN) or (loss.low > 0 and spared < -LEAST_SPARED):
            return "worse"
        if precision.low > 0 and gain > LEAST_GAIN:
            return "better"
        if loss.high < 0 and spared > LEAST_SPARED and gain >= 0:
            return "better"
        return "no clear difference"


def compare(trials: Sequence[Trial], *, draws: int = DRAWS) -> Comparison:
    """
    Compare two models on *trials*.

    Args:
        trials: At least one service in them is a withheld C&C.
        draws: So many samples of the withheld C&Cs, with replacement, give the intervals:
            one that is met in several windows is drawn with all of them.

    Raises:
        ValueError: If none is (the caller's bug).

    Source:
        Efron (1979), Annals of Statistics 7:1, for the intervals.
    """
    met = np.concatenate([each.server[each.server >= 0] for each in trials])
    servers = np.unique(met)
    if not servers.size:
        raise ValueError("no C&C was withheld")
    rng = np.random.default_rng(0)
    even = np.ones((1, servers.size))
    drawn = rng.multinomial(servers.size, np.full(servers.size, 1.0 / servers.size), draws)
    weights = np.vstack([even, drawn])
    own = _measures([(each.server, each.own) for each in trials], servers, weights)
    used = _measures([(each.server, each.in_use) for each in trials], servers, weights)
    return Comparison(
        servers=servers.size,
        rows=sum(each.server.size for each in trials),
        average_precision=_figure(used[0], own[0]),
        log_loss=_figure(used[1], own[1]),
    )


def _figure(used: NDArray[np.float64], own: NDArray[np.float64]) -> Figure:
    low, high = np.percentile(own[1:] - used[1:], _INTERVAL)
    return Figure(in_use=float(used[0]), own=float(own[0]), low=float(low), high=float(high))


def _measures(
    judged: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]],
    servers: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give average precision and log loss under each row of *weights*, shape (draws, servers)."""
    precision = np.zeros(len(weights))
    loss = np.zeros(len(weights))
    total = np.zeros(len(weights))
    for server, odds in judged:
        rows = np.flatnonzero(server >= 0)
        if not rows.size:
            continue
        rows = rows[np.argsort(-odds[rows], kind="stable")]
        weight = weights[:, np.searchsorted(servers, server[rows])]
        others = np.sort(odds[server < 0])
        above = others.size - np.searchsorted(others, odds[rows], side="left")
        found = np.cumsum(weight, axis=1)
        precision += (weight * found / np.maximum(found + above, 1.0)).sum(axis=1)
        loss += _surprise(odds, server, weight, odds[rows])
        total += weight.sum(axis=1)
    total = np.maximum(total, 1.0)
    return precision / total, loss / total


def _surprise(
    odds: NDArray[np.float64],
    server: NDArray[np.int64],
    weight: NDArray[np.float64],
    found: NDArray[np.float64],
) -> NDArray[np.float64]:
    """
    Give the log loss of being listed, which a C&C is with one chance for all of a window.

    Source:
        Elkan and Noto (2008), KDD 213, lemma 1.
    """
    chance = special.expit(odds)
    share = min(found.size / max(float(chance.sum()), 1e-9), _MOST_SHARE)
    unlisted = -np.log1p(-share * chance[server < 0]).sum()
    listed = -(np.log(share) + special.log_expit(found))
    return np.asarray((weight * listed).sum(axis=1) + unlisted, dtype=np.float64)
