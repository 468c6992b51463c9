"""
How the C&C servers of this network talk, learned in the window itself from those on lists.

Known C&Cs, and services that the first view is confident of, are the positives; all others
are unlabelled, which is not benign. Each service is judged by trees that never saw it. What
comes out is a rank, not a probability: how far it may be trusted is for the fusion to say.

Source:
    Elkan and Noto (2008), KDD 213, for positives among unlabelled; out-of-fold scores after
    Wolpert (1992), Neural Networks 5:241.
"""

from typing import Final

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hinomi.detect.features import Columns

LOOKED_AT: Final = (
    "per_client", "several_share", "returned_share", "silent_share", "refused_share", "in_share",
    "size_out", "size_in", "cv_out", "cv_in", "bare", "full_in", "opens", "closes", "pushes",
    "night", "habit", "tcp", "own", "span", "votes", "address_clients", "address_ports",
    "port_services", "port_clients", "nets", "clients",
)  # fmt: skip
"""Columns of `features.describe`: none that tells of suspects."""

BASIS: Final = {"alike": "alike", "alike_rank": "alike"}
"""The reason under which each column is explained, as `features.BASIS`."""

_LISTED: Final = 0.9  # Lists are wrong now and then.
_CONFIDENT: Final = 0.3
_LEAST_POSITIVES: Final = 4
_FOLDS: Final = 4
_UNLABELLED: Final = 20_000
_POSITIVE_MASS: Final = 0.02  # Of the unlabelled, so that leaves are not made of one positive.
_ROUNDS: Final = 80
_MOST: Final = 10.0
_TREES: Final = {
    "objective": "binary", "learning_rate": 0.08, "num_leaves": 8, "min_data_in_leaf": 3,
    "min_sum_hessian_in_leaf": 0.01, "feature_fraction": 0.4, "bagging_fraction": 0.6,
    "bagging_freq": 1, "lambda_l2": 10.0, "verbose": -1, "num_threads": 1, "seed": 0,
    "deterministic": True, "force_row_wise": True,
}  # fmt: skip


def likeness(
    columns: Columns,
    listed: NDArray[np.bool_],
    probability: NDArray[np.float64],
    several: NDArray[np.bool_],
) -> Columns:
    """
    Tell how much each service talks like the C&Cs known in this window.

    Args:
        columns: What `features.describe` gave, shape (services,) each.
        listed: Services on known-C&C lists, shape (services,).
        probability: First probability of each service.
        several: Services with two clients or more: the others are not looked at.

    Returns:
        `alike`, ln odds above the middle service, and `alike_rank`, -ln of the share of
        services that rank as high at least; 0 for all where fewer than four positives are
        known.
    """
    size = listed.size
    weight = np.where(listed, _LISTED, np.where(probability > _CONFIDENT, probability, 0.0))
    rows = np.flatnonzero(several)
    weight = weight[rows]
    if (weight > 0).sum() < _LEAST_POSITIVES:
        return {"alike": np.zeros(size), "alike_rank": np.zeros(size)}
    table = np.column_stack([columns[name][rows] for name in LOOKED_AT]).astype(np.float32)
    odds = _out_of_fold(table, weight)
    alike, rank = np.full(size, -_MOST), np.full(size, 0.0)
    alike[rows] = np.clip(odds - np.median(odds), -_MOST, _MOST)
    # Ties rank alike: the order of addresses means nothing.
    rank[rows] = -np.log(stats.rankdata(-odds, method="max") / odds.size)
    return {"alike": alike, "alike_rank": rank}


def _out_of_fold(table: NDArray[np.float32], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score each row by trees trained without its fold, shape (rows,)."""
    rng = np.random.default_rng(0)
    fold = rng.integers(0, _FOLDS, weight.size)
    odds = np.zeros(weight.size)
    for held in range(_FOLDS):
        train = fold != held
        positive = np.flatnonzero(train & (weight > 0))
        unlabelled = np.flatnonzero(train & (weight <= 0))
        if unlabelled.size > _UNLABELLED:
            unlabelled = np.sort(rng.choice(unlabelled, _UNLABELLED, replace=False))
        if positive.size == 0 or unlabelled.size == 0:
            continue
        share = _POSITIVE_MASS * unlabelled.size / weight[positive].sum()
        rows = np.concatenate([positive, unlabelled])
        label = np.arange(rows.size) < positive.size
        mass = np.where(label, weight[rows] * share, 1.0)
        data = lightgbm.Dataset(table[rows], label.astype(np.float64), weight=mass)
        trees = lightgbm.train(_TREES, data, _ROUNDS)
        mine = np.flatnonzero(fold == held)
        odds[mine] = np.asarray(trees.predict(table[mine], raw_score=True, num_threads=1))
    return odds
