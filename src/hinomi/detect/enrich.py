"""
The core operator: are suspects over-represented among the clients of a service?

What counts is the *share* of suspects among a service's clients, set against what its
clients' own activity lets expect, and against the shares that all services of the same
window show. Popular services, clouds and content networks need no list to be passed over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from hinomi.detect.columns import blocks
from hinomi.detect.suspects import false_discovery_rates
from hinomi.govern.parameters import Register

_SHIFTS: Final = np.arange(-3.0, 5.01, 0.5)
"""Grid of log odds ratios by which a benign service's clients may differ from expectation."""

_SHARES: Final = np.linspace(0.15, 0.95, 17)
"""Grid of suspect shares that a C&C server's clients may show: sensitivity differs by family."""

_LEARNED_FROM: Final = 100_000
"""Services from which the null is learned; more change nothing that can be measured."""

_BLOCK: Final = 16_384
"""Services whose grids are worked on at a time."""

_ROUNDING: Final = 0.3
"""A suspect of reliability 0.7 counts as one where whole suspects are asked for."""


@dataclass(frozen=True, slots=True)
class Null:
    """How benign services scatter, and how many are not benign."""

    weights: NDArray[np.float64]  # Of `_SHIFTS`, shape (17,), summing to 1.
    slab: float | None  # Share of C&C-like services; None where nothing could be learned.


@dataclass(frozen=True, slots=True)
class Enrichment:
    """Outcome per service, all columns of shape (n,)."""

    log_ratio: NDArray[np.float64]  # ln P(suspects | C&C) - ln P(suspects | benign).
    chance: NDArray[np.float64]  # p-value: as many suspects or more, were it benign.
    rate: NDArray[np.float64]  # False discovery rate over all services tested.
    effect: NDArray[np.float64]  # Suspects seen over suspects expected.


def activity_bin(activity: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put lines into bins of like activity, two per doubling; *activity* is a count, shape (n,)."""
    return np.asarray(np.floor(2.0 * np.log2(np.maximum(activity, 1))), dtype=np.int64)


def expected_weight(
    activity: NDArray[np.int64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Tell how suspect a line of a given activity is on average.

    Args:
        activity: Services each line spoke with, shape (lines,).
        weight: Suspicion of each line, 0..1, 0 for those without evidence, shape (lines,).

    Returns:
        Mean suspicion of the line's bin, drawn towards the overall mean by one line's
        worth, shape (lines,). Busy lines leave more samples of everything, evidence
        included: without this, whatever heavy users use would look guilty.
    """
    place = activity_bin(activity)
    if place.size == 0:
        return np.zeros(0)
    overall = max(float(weight.mean()), 1.0 / (place.size + 1.0) ** 2)
    total = np.bincount(place, weights=weight)
    count = np.bincount(place)
    mean = (total + overall) / (count + 1.0)
    return np.asarray(np.clip(mean[place], 1e-9, 0.5), dtype=np.float64)


def learn_null(
    clients: NDArray[np.float64], seen: NDArray[np.float64], expected: NDArray[np.float64]
) -> Null:
    """
    Learn how the shares of benign services scatter about expectation.

    Args:
        clients: Clients of each service, shape (n,).
        seen: Suspects among them, weighed, shape (n,).
        expected: Suspects expected, shape (n,).

    Notes:
        Non-parametric maximum likelihood over a grid of log odds ratios, by expectation
        maximisation, with a slab for C&C servers (uniform over `_SHARES`) beside it so that
        they do not pass for benign scatter. Only services with two clients or more speak.

    Source:
        Laird (1978), JASA 73:805; Efron (2004), JASA 99:96, for the two groups.
    """
    speaks = np.flatnonzero((clients >= 2) & (expected > 0))  # noqa: PLR2004 - one says nothing.
    centre = np.exp(-0.5 * (_SHIFTS / 0.75) ** 2)
    if speaks.size == 0:
        return Null(centre / centre.sum(), None)
    if speaks.size > _LEARNED_FROM:
        speaks = speaks[:: -(-speaks.size // _LEARNED_FROM)]
    benign = np.exp(_log_benign(clients[speaks], seen[speaks], expected[speaks]))
    slab = np.exp(_log_slab(clients[speaks], seen[speaks]))[:, None]
    likelihood = np.hstack([benign, slab])
    weights = np.append(centre / centre.sum() * 0.99, 0.01)
    for _ in range(60):
        shares = likelihood * weights
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-300)
        weights = shares.sum(axis=0) + np.append(centre / centre.sum(), 0.0)
        weights /= weights.sum()
    return Null(weights[:-1] / weights[:-1].sum(), float(weights[-1]))


def enrich(
    clients: NDArray[np.float64],
    seen: NDArray[np.float64],
    expected: NDArray[np.float64],
    *,
    null: Null,
    least_share: NDArray[np.float64],
    register: Register,
) -> Enrichment:
    """
    Weigh the suspects among each service's clients.

    Args:
        clients: Clients that really spoke with each service, shape (n,).
        seen: Suspects among them, weighed 0..1 each, shape (n,).
        expected: Suspects their activity lets expect, shape (n,).
        null: What `learn_null` learned.
        least_share: Smallest share of suspects that a C&C with these clients would show,
            shape (n,); 0 where nothing is known of it (`families.least_share`).
        register: Gives ``enrich.silent_families``.

    Returns:
        Log likelihood ratio, p-value, false discovery rate and effect size per service.

    Notes:
        A botnet may leave no evidence at all on its members: with the registered chance a
        C&C's clients look like anybody's, so that missing evidence is nearly neutral.
    """
    under_null = _log_null(clients, seen, expected, null)
    silent = register.number("enrich.silent_families")
    under_cc = np.logaddexp(
        np.log(silent) + under_null, np.log1p(-silent) + _log_slab(clients, seen, least_share)
    )
    some = np.flatnonzero(seen >= 1.0 - _ROUNDING)
    chance = np.ones(clients.size)
    chance[some] = _tail(clients[some], seen[some], expected[some], null)
    # One client cannot be enriched; leaving such services out does not depend on suspects.
    several = clients > 1
    rate = np.ones(clients.size)
    rate[several] = false_discovery_rates(chance[several], int(several.sum()))
    return Enrichment(
        log_ratio=np.where(clients > 0, under_cc - under_null, 0.0),
        chance=chance,
        rate=rate,
        effect=seen / np.maximum(expected, 1e-12),
    )


def surplus(
    clients: NDArray[np.float64], seen: NDArray[np.float64], expected: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Give ln P(suspects | C&C) - ln P(suspects | benign), by a null learned from all services.

    Args:
        clients: Clients of each service, shape (n,).
        seen: Suspects among them, weighed, shape (n,).
        expected: Suspects expected, shape (n,).

    Returns:
        Shape (n,); 0 where there are no clients. Silent families are not allowed for.
    """
    under_null = _log_null(clients, seen, expected, learn_null(clients, seen, expected))
    return np.where(clients > 0, _log_slab(clients, seen) - under_null, 0.0)


def _shares_under(
    clients: NDArray[np.float64], expected: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Shares of suspects at every shift of the grid, shape (n, shifts)."""
    share = np.clip(expected / np.maximum(clients, 1.0), 1e-9, 0.5)
    odds = special.logit(share)[:, None] + _SHIFTS[None, :]
    # A benign service whose clients are mostly infected is what we look for, not a null.
    return np.asarray(np.minimum(special.expit(odds), np.maximum(share[:, None], 0.25)))


def _log_benign(
    clients: NDArray[np.float64], seen: NDArray[np.float64], expected: NDArray[np.float64]
) -> NDArray[np.float64]:
    share = _shares_under(clients, expected)
    rest = (clients - seen)[:, None]
    return np.asarray(seen[:, None] * np.log(share) + rest * np.log1p(-share))


def _log_null(
    clients: NDArray[np.float64],
    seen: NDArray[np.float64],
    expected: NDArray[np.float64],
    null: Null,
) -> NDArray[np.float64]:
    """Give ln P(suspects | benign), over all shifts of the null, shape (n,)."""
    weights = np.log(np.maximum(null.weights, 1e-12))

    def some(rows: slice) -> NDArray[np.float64]:
        benign = _log_benign(clients[rows], seen[rows], expected[rows])
        return np.asarray(special.logsumexp(benign + weights, axis=1), dtype=np.float64)

    return _by_block(some, clients.size)


def _log_slab(
    clients: NDArray[np.float64],
    seen: NDArray[np.float64],
    least_share: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    def some(rows: slice) -> NDArray[np.float64]:
        rest = (clients[rows] - seen[rows])[:, None]
        each = seen[rows, None] * np.log(_SHARES) + rest * np.log1p(-_SHARES)
        if least_share is None:
            return np.asarray(special.logsumexp(each, axis=1) - np.log(_SHARES.size))
        may = np.minimum(least_share[rows], _SHARES[-1])[:, None] <= _SHARES[None, :]
        summed = special.logsumexp(np.where(may, each, -np.inf), axis=1)
        return np.asarray(summed - np.log(may.sum(axis=1)))

    return _by_block(some, clients.size)


def _by_block(some: Callable[[slice], NDArray[np.float64]], rows: int) -> NDArray[np.float64]:
    """Work on so many rows at a time that grids over all services need no memory."""
    found = np.empty(rows)
    for block in blocks(rows, _BLOCK):
        found[block] = some(block)
    return found


def _tail(
    clients: NDArray[np.float64],
    seen: NDArray[np.float64],
    expected: NDArray[np.float64],
    null: Null,
) -> NDArray[np.float64]:
    """P(as many suspects or more) under the null, with weighed suspects rounded down."""
    least = np.floor(seen + _ROUNDING)[:, None]
    tails = stats.binom.sf(least - 1, clients[:, None], _shares_under(clients, expected))
    return np.asarray(np.clip(tails @ null.weights, 0.0, 1.0))
