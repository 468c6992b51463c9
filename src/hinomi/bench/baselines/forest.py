"""Random forest on server features, in the spirit of Disclosure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import ClassVar, Final

import lightgbm
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.bench.baselines.interface import Observed, ranked
from hinomi.bench.baselines.known_overlap import teachers
from hinomi.bench.baselines.server_features import FEATURES, features
from hinomi.detect import passes
from hinomi.detect.observe import Lists
from hinomi.govern.parameters import Register

# Tuned 2026-11-22, see `tuning`: average precision 0.806, mean over five worlds, each judged
# by a forest that was trained on the other four.
LEAST_IN_LEAF: Final = 10
LEAVES: Final = 63
# Tuned alike: average precision 0.360.
LEAST_IN_LEAF_LISTED: Final = 3
LEAVES_LISTED: Final = 7
FOLDS: Final = 5

_TREES: Final = 100
_IDLE: Final = frozenset({
    "tree_sizes", "split_gain", "leaf_weight", "leaf_count", "internal_value", "internal_weight",
    "internal_count",
})  # fmt: skip
_SEED: Final = 20_121_203
_BALANCE: Final = 0.1  # Weight of all C&Cs to that of all others.


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueForest:
    """
    Rank by a forest that was trained on the truth of development worlds.

    Notes:
        It knows what no operator knows, and the generator besides; Disclosure was trained
        on listed servers, as `ListedForest` is. What changed for 1 in 10,000 stands at
        `server_features.features`. Cost: the features, and seconds for the trees.

    Source:
        Bilge et al. (2012), Disclosure, ACSAC. Breiman (2001), Machine Learning 45:5.
    """

    name: ClassVar[str] = "forest-truth"
    source: ClassVar[str] = "Disclosure, ACSAC 2012 (forest; trained on development truth)"

    least_in_leaf: int = LEAST_IN_LEAF
    leaves: int = LEAVES
    model: str = ""  # As text; empty: the one that ships.

    def rank(
        self, engine: passes.Engine, survey: passes.Survey, lists: Lists, register: Register
    ) -> pa.Table:
        """Rank as `Baseline.rank` says; the score is the mean vote of the trees."""
        del register
        model = self.model or shipped_model()
        return ranked(survey.services, _votes(model, features(engine, survey)), lists)

    def alternatives(self) -> Sequence["TrueForest"]:
        """Vary the size of the trees."""
        return [
            TrueForest(least_in_leaf=least, leaves=leaves)
            for least in (3, 10, 30)
            for leaves in (15, 31, 63)
        ]

    def trained(self, worlds: Sequence[Observed]) -> "TrueForest":
        """
        Give the same setting, trained on these worlds.

        Args:
            worlds: Development worlds; C&Cs of any tier, listed or not, are the positives.
        """
        rows = [features(world.engine, world.survey) for world in worlds]
        wanted = np.concatenate([world.cc() for world in worlds])
        return replace(
            self, model=grow(np.concatenate(rows), wanted, self.leaves, self.least_in_leaf)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedForest:
    """
    Rank by a forest that was trained, in the window itself, on listed C&Cs against the rest.

    Notes:
        This is what an operator could do: no truth is used. Unlisted C&Cs are among the
        rest, so each service is judged by the trees of the folds that it was not in.
        What changed for 1 in 10,000 stands at `server_features.features`. Cost: as
        `TrueForest`, and so many forests as there are folds.

    Source:
        Bilge et al. (2012), Disclosure, ACSAC. Positives against the unlabelled: Mordelet
        and Vert (2014), Pattern Recognition Letters 37:201.
    """

    name: ClassVar[str] = "forest-listed"
    source: ClassVar[str] = "Disclosure, ACSAC 2012 (forest; trained on listed C&Cs)"

    least_in_leaf: int = LEAST_IN_LEAF_LISTED
    leaves: int = LEAVES_LISTED

    def rank(
        self, engine: passes.Engine, survey: passes.Survey, lists: Lists, register: Register
    ) -> pa.Table:
        """Rank as `Baseline.rank` says; the score is the mean vote of the trees."""
        del register
        services = survey.services
        listed = teachers(survey, lists)
        measured = features(engine, survey)
        fold = np.random.default_rng(_SEED).permutation(services.num_rows) % FOLDS
        score = np.zeros(services.num_rows)
        for number in range(FOLDS):
            inside, out = fold != number, fold == number
            if listed[inside].any() and out.any():
                model = grow(measured[inside], listed[inside], self.leaves, self.least_in_leaf)
                score[out] = _votes(model, measured[out])
        return ranked(services, score, lists)

    def alternatives(self) -> Sequence["ListedForest"]:
        """Vary the size of the trees."""
        return [
            ListedForest(least_in_leaf=least, leaves=leaves)
            for least in (1, 3, 10)
            for leaves in (7, 31)
        ]


def grow(
    measured: NDArray[np.float64], wanted: NDArray[np.bool_], leaves: int, least_in_leaf: int
) -> str:
    """
    Grow a forest.

    Args:
        measured: Shape (services, features), columns as in FEATURES.
        wanted: What it shall find, shape (services,).
        leaves: Of a tree, at most.
        least_in_leaf: Services in a leaf, at least.

    Returns:
        The forest as LightGBM's text; equal arguments give an equal one.

    Raises:
        ValueError: If nothing is wanted, or everything (the caller's bug).
    """
    positives = int(wanted.sum())
    if positives in {0, wanted.size}:
        raise ValueError("a forest needs services of both kinds")
    weight = np.where(wanted, _BALANCE * (wanted.size - positives) / positives, 1.0)
    data = lightgbm.Dataset(
        measured, wanted.astype(np.float64), weight=weight, feature_name=list(FEATURES)
    )
    parameters = {
        "objective": "regression",  # Of 0 and 1: a leaf's value is its share, as in Breiman's.
        "boosting": "rf",
        "bagging_freq": 1,
        "bagging_fraction": 0.632,  # As large a share as a bootstrap sample holds.
        "feature_fraction_bynode": len(FEATURES) ** 0.5 / len(FEATURES),
        "num_leaves": leaves,
        "min_data_in_leaf": least_in_leaf,
        "seed": _SEED,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    return _slim(str(lightgbm.train(parameters, data, num_boost_round=_TREES).model_to_string()))


@cache
def shipped_model() -> str:
    """Give the forest that was trained on development worlds, as text."""
    return resources.files("hinomi.bench.baselines").joinpath("forest.txt").read_text("utf-8")


def _slim(model: str) -> str:
    """Leave out of a forest's text what votes do not need."""
    trees, rest = model.split("end of trees")
    kept = [line for line in trees.splitlines() if line.partition("=")[0] not in _IDLE]
    return "\n".join(kept) + "\nend of trees" + rest


def _votes(model: str, measured: NDArray[np.float64]) -> NDArray[np.float64]:
    forest = lightgbm.Booster(model_str=model)
    return np.asarray(forest.predict(measured, num_threads=1), dtype=np.float64)
