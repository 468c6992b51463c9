"""
A provider's own model: the one that ships, corrected on the provider's own windows.

A few lists and weeks of one network are too little to learn from alone, and the worlds that
the shipped model was learned on do not travel with it. So its trees all stay, and few and
small trees are put on top of those that judge last. They learn from services whose list
entry was withheld, and from unlabelled ones, which are not benign: each of these counts as
C&C by the probability that the starting model gives it and as none by the rest. What that
model finds and no list names yet is so not unlearned; families that lists do not know are
the purpose.

Source:
    Elkan and Noto (2008), KDD 213, section 3: unlabelled examples with complementary weights;
    Friedman (2001), Annals of Statistics 29:1189, for boosting with shrinkage from a start.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy import special

from hinomi.detect.model import Model

FOLDS: Final = 3
"""Parts of the known-C&C list: each is withheld once, and its C&Cs are seen as unlisted."""

LEAST_POSITIVES: Final = 12
"""Fewer listed C&Cs that are alive, and the correction would follow single servers."""

_ROUNDS: Final = 40
_MOST_UNLABELLED: Final = 60_000  # Of one window and fold.
_PLAIN: Final = 0.01  # Unlabelled services less likely than this are nearly all alike.
_LEAST_CHANCE: Final = 1e-4
_TREES: Final[dict[str, Any]] = {
    "objective": "binary", "learning_rate": 0.03, "num_leaves": 6, "max_depth": 3,
    "min_data_in_leaf": 20, "min_sum_hessian_in_leaf": 0.05, "feature_fraction": 0.5,
    "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5.0, "verbose": -1,
    "num_threads": 1, "seed": 0, "deterministic": True, "force_row_wise": True,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Services of one window with one fold of the list withheld; rows of shape (n,)."""

    fold: int  # Of the list, which is withheld.
    table: NDArray[np.float32]  # The card's second columns, shape (n, columns).
    chance: NDArray[np.float64]  # How far a row counts as C&C, 0..1.
    withheld: NDArray[np.bool_]  # On the withheld part of the list; the others are unlabelled.
    weight: NDArray[np.float64]  # So many rows each stands for.


def sample(
    chance: NDArray[np.float64], withheld: NDArray[np.bool_], fold: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """
    Choose rows to learn from, and so many rows as each stands for.

    Every window is looked at once for each fold: of the unlabelled services, each is taken
    in one of them only.

    Args:
        chance: How far a row counts as C&C, shape (n,).
        withheld: Rows on the withheld part of the list.
        fold: Which part that is, 0..FOLDS-1.
    """
    plain = ~withheld & (chance < _PLAIN)
    rng = np.random.default_rng(0)
    turn = rng.integers(0, FOLDS, chance.size) == fold
    kept = min(1.0, _MOST_UNLABELLED / max(int((plain & turn).sum()), 1))
    taken = withheld | (turn & (~plain | (rng.random(chance.size) < kept)))
    rows = np.flatnonzero(taken)
    return rows, np.where(plain[rows], 1.0 / kept, 1.0)


def correct(model: Model, examples: Sequence[Examples], *, rounds: int = _ROUNDS) -> str:
    """
    Put trees on top of those of *model* that judge last.

    Args:
        model: Where to start from.
        examples: Rows of windows and folds; at least one of them is withheld.
        rounds: So many trees.

    Returns:
        Both sets of trees in LightGBM's text form: it goes with the card's base rate and
        temperature as they were, since C&Cs are weighed up to that very base rate. How many
        there are in a network is no part of what they look like.
    """
    start = lightgbm.Booster(model_str=model.second)
    table, label, weight = _both_ways(examples)
    # The starting odds are divided by the temperature before they mean a probability.
    wanted = float(special.logit(model.card.base_rate)) / model.card.temperature
    positive = label > 0
    scale = weight[positive].sum() / (weight[~positive].sum() * np.exp(wanted))
    weight = np.where(positive, weight, weight * scale)
    data = lightgbm.Dataset(
        table, label, weight=weight, feature_name=list(model.card.columns_second)
    )
    settings = _TREES | {"sigmoid": 1.0 / model.card.temperature}
    return lightgbm.train(settings, data, rounds, init_model=start).model_to_string()


def _both_ways(
    examples: Sequence[Examples],
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """Count each row as C&C by its chance and as none by the rest: columns, labels, weights."""
    tables, labels, weights = [], [], []
    for each in examples:
        likely = each.chance > _LEAST_CHANCE
        tables += [each.table[likely], each.table]
        labels += [np.ones(int(likely.sum())), np.zeros(likely.size)]
        weights += [(each.weight * each.chance)[likely], each.weight * (1.0 - each.chance)]
    return np.vstack(tables), np.concatenate(labels), np.concatenate(weights)
