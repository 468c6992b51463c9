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

ROUNDS: Final = (0, 20, 40, 80, 160)
"""How many trees may be put on top: as many as do best on C&Cs that they never met."""

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
    beside: NDArray[np.float64]  # What rules say beside the trees, weighed as on the card.
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


def correct(model: Model, examples: Sequence[Examples], listed_share: float, *, rounds: int) -> str:
    """
    Put trees on top of those of *model* that judge last.

    Args:
        model: Where to start from.
        examples: Rows of windows and folds; at least one of them is withheld.
        listed_share: Least share of all C&Cs that is taken to be listed, above 0 and below 1:
            more unlisted ones than that leaves are not believed in.
        rounds: So many trees.

    Returns:
        Both sets of trees in LightGBM's text form: it goes with the card's base rate and
        temperature as they were, since C&Cs are weighed up to that very base rate. How many
        there are in a network is no part of what they look like. What `rules` say beside the
        trees stays as it is, and is not learned again.
    """
    if rounds == 0:
        return model.second
    start = lightgbm.Booster(model_str=model.second)
    table, label, weight, beside = _both_ways(examples, _belief(examples, listed_share))
    # The starting odds are divided by the temperature before they mean a probability.
    wanted = float(special.logit(model.card.base_rate)) / model.card.temperature
    positive = label > 0
    scale = weight[positive].sum() / (weight[~positive].sum() * np.exp(wanted))
    weight = np.where(positive, weight, weight * scale)
    data = lightgbm.Dataset(table, label, feature_name=list(model.card.columns_second))
    temperature = model.card.temperature

    # A slope of our own: LightGBM lets the starting trees override any other offset.
    def slope(odds: NDArray[np.float64], _: lightgbm.Dataset) -> tuple[Any, Any]:
        chance = special.expit(odds / temperature + beside)
        return (
            weight * (chance - label) / temperature,
            weight * chance * (1.0 - chance) / temperature**2,
        )

    trained = lightgbm.train(_TREES | {"objective": slope}, data, rounds, init_model=start)
    return str(trained.model_to_string())


def best_rounds(model: Model, examples: Sequence[Examples], listed_share: float) -> int:
    """
    Choose how many trees to put on top, 0 if none do better: each fold by the others.

    Args:
        model: Where to start from.
        examples: Rows of windows and folds.
        listed_share: As `correct`.
    """
    surprise = np.zeros(len(ROUNDS))
    start = lightgbm.Booster(model_str=model.second).num_trees()
    for fold in range(FOLDS):
        others = [each for each in examples if each.fold != fold]
        if not any(each.withheld.any() for each in others):
            continue
        trees = lightgbm.Booster(model_str=correct(model, others, listed_share, rounds=ROUNDS[-1]))
        for each in (each for each in examples if each.fold == fold):
            for place, rounds in enumerate(ROUNDS):
                odds = trees.predict(
                    each.table, raw_score=True, num_iteration=start + rounds, num_threads=1
                )
                surprise[place] += _surprise(model, each, np.asarray(odds))
    return ROUNDS[int(np.argmin(surprise))]


def _surprise(model: Model, examples: Examples, odds: NDArray[np.float64]) -> float:
    """Give the log loss of being listed, as `comparison` has it, for C&Cs never met."""
    evidence = (odds - special.logit(model.card.base_rate)) / model.card.temperature
    evidence = evidence + examples.beside
    rate = float((examples.chance * examples.weight).sum() / examples.weight.sum())
    chance = special.expit(special.logit(np.clip(rate, 1e-6, 0.5)) + evidence)
    withheld = examples.withheld
    total = float((chance * examples.weight).sum())
    share = float(np.clip(withheld.sum() / max(total, 1e-9), 1e-6, 0.99))
    unlisted = np.log1p(-share * chance[~withheld]) * examples.weight[~withheld]
    return -float(np.log(share * chance[withheld]).sum() + unlisted.sum())


def _belief(examples: Sequence[Examples], listed_share: float) -> float:
    """Give by how much the unlabelled are believed less, so that listed ones are no rarity."""
    listed = sum(float((each.chance * each.weight)[each.withheld].sum()) for each in examples)
    found = sum(float((each.chance * each.weight)[~each.withheld].sum()) for each in examples)
    return min(1.0, listed * (1.0 - listed_share) / listed_share / max(found, 1e-9))


def _both_ways(
    examples: Sequence[Examples], belief: float
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """
    Count each row as C&C by its chance and as none by the rest.

    Returns:
        Columns, labels, weights, and what rules say.
    """
    tables, labels, weights, beside = [], [], [], []
    for each in examples:
        chance = np.where(each.withheld, each.chance, each.chance * belief)
        likely = chance > _LEAST_CHANCE
        tables += [each.table[likely], each.table]
        labels += [np.ones(int(likely.sum())), np.zeros(likely.size)]
        weights += [(each.weight * chance)[likely], each.weight * (1.0 - chance)]
        beside += [each.beside[likely], each.beside]
    return (
        np.vstack(tables),
        np.concatenate(labels),
        np.concatenate(weights),
        np.concatenate(beside),
    )
