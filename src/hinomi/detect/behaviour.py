"""
How the C&C servers of this network talk, learned in the window itself from those on lists.

Known C&Cs, and services that the first view is confident of, are the positives; all others
are unlabelled, which is not benign. Each service is judged by trees that never saw it. What
comes out is a rank, not a probability: how far it may be trusted is for the fusion to say.

Who is judged by which trees goes by who the service is, not by its place in a table: one more
service in the window must not deal the others anew.

Source:
    Elkan and Noto (2008), KDD 213, for positives among unlabelled; out-of-fold scores after
    Wolpert (1992), Neural Networks 5:241.
"""

from typing import Final

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hinomi.detect.columns import blocks
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
_FOLDINGS: Final = 3
_UNLABELLED: Final = 20_000
_POSITIVE_MASS: Final = 0.02  # Of the unlabelled, so that leaves are not made of one positive.
_ROUNDS: Final = 80
_MOST: Final = 10.0
_BLOCK: Final = 65_536
_TREES: Final = {
    "objective": "binary", "learning_rate": 0.08, "num_leaves": 8, "min_data_in_leaf": 3,
    "min_sum_hessian_in_leaf": 0.01, "feature_fraction": 0.4, "lambda_l2": 10.0, "verbose": -1,
    "num_threads": 1, "deterministic": True, "force_row_wise": True,
}  # fmt: skip


def likeness(
    columns: Columns,
    listed: NDArray[np.bool_],
    probability: NDArray[np.float64],
    several: NDArray[np.bool_],
    identity: NDArray[np.uint64],
) -> Columns:
    """
    Tell how much each service talks like the C&Cs known in this window.

    Args:
        columns: What `features.describe` gave, shape (services,) each.
        listed: Services on known-C&C lists, shape (services,).
        probability: First probability of each service.
        several: Services with two clients or more: the others are not looked at.
        identity: A well-mixed number of each service, its own in any window
            (`columns.digests`).

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
    table = np.empty((rows.size, len(LOOKED_AT)), dtype=np.float32)
    for place, name in enumerate(LOOKED_AT):
        table[:, place] = columns[name][rows]
    odds = _out_of_fold(table, weight, identity[rows])
    alike, rank = np.full(size, -_MOST), np.full(size, 0.0)
    alike[rows] = np.clip(odds - np.median(odds), -_MOST, _MOST)
    # Ties rank alike: the order of addresses means nothing.
    rank[rows] = -np.log(stats.rankdata(-odds, method="max") / odds.size)
    return {"alike": alike, "alike_rank": rank}


def _out_of_fold(
    table: NDArray[np.float32], weight: NDArray[np.float64], identity: NDArray[np.uint64]
) -> NDArray[np.float64]:
    """Score each row by trees trained without its fold, shape (rows,); mean of several foldings."""
    odds = np.zeros(weight.size)
    order = np.argsort(identity)
    for folding in range(_FOLDINGS):
        fold = (identity >> np.uint64(8 * (folding + 1))) % np.uint64(_FOLDS)
        for held in range(_FOLDS):
            trees = _trained(table, weight, order[fold[order] != held], folding)
            if trees is None:
                continue
            every = np.flatnonzero(fold == held)
            for block in blocks(every.size, _BLOCK):
                mine = every[block]
                odds[mine] += np.asarray(trees.predict(table[mine], raw_score=True, num_threads=1))
    return odds / _FOLDINGS


def _trained(
    table: NDArray[np.float32], weight: NDArray[np.float64], some: NDArray[np.int64], seed: int
) -> lightgbm.Booster | None:
    """Train on the rows *some*, which come by identity: of the unlabelled the first will do."""
    positive = some[weight[some] > 0]
    unlabelled = some[weight[some] <= 0][:_UNLABELLED]
    if positive.size == 0 or unlabelled.size == 0:
        return None
    share = _POSITIVE_MASS * unlabelled.size / weight[positive].sum()
    rows = np.concatenate([positive, unlabelled])
    label = np.arange(rows.size) < positive.size
    mass = np.where(label, weight[rows] * share, 1.0)
    data = lightgbm.Dataset(table[rows], label.astype(np.float64), weight=mass)
    return lightgbm.train({**_TREES, "seed": seed}, data, _ROUNDS)
