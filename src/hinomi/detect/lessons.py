"""
Learning a model from windows in which it is known which services are C&Cs.

Windows are held out whole, never single services: a row's own window never helped to make
the first view that its second view is built on, and probabilities are tempered by what
trees say of windows that they have not seen.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from hinomi.detect import rules
from hinomi.detect.features import Columns
from hinomi.detect.model import FIRST, SECOND, matrix, odds_of

FOLDS: Final = 3

_SCHOOLS: Final = 3
"""So many schools at least, to judge one by what the others teach."""

LEAST_CLIENTS: Final = 3
"""A C&C that fewer lines spoke with teaches nothing but noise."""

ROUNDS: Final = 160
"""More learn how the windows' own C&Cs talk, and rank those of unlike networks worse."""

RULES_TAUGHT: Final = 0.3
"""The weight of `rules` that both sets of trees take for granted as they learn."""

RULES_USED: Final = 0.35
"""
Their weight in use. Measured on schools left out, 0.3 is best, as taught; but the first views
had seen those schools. On worlds of a generator that never taught, more was better up to 0.6,
and of the families of the schools themselves less was found.
"""

_TREES: Final[dict[str, Any]] = {
    "objective": "binary", "learning_rate": 0.06, "num_leaves": 15, "max_depth": 6,
    "min_data_in_leaf": 20, "feature_fraction": 0.5, "bagging_fraction": 0.7, "bagging_freq": 1,
    "lambda_l2": 5.0, "verbose": -1, "num_threads": 1, "seed": 0, "deterministic": True,
    "force_row_wise": True,
}  # fmt: skip

_DULL_BELOW: Final = 0.4
_DULL_KEPT: Final = 0.15
"""Services whose clients are hardly more suspect than expected are nearly all alike: so
large a share of them is learned from, with its weight made up for."""

_COOLEST, _HOTTEST = 0.5, 4.0


@dataclass(slots=True)
class Lesson:
    """One window with its truth; columns of shape (services,)."""

    name: str
    school: str  # Generator or provider: weighs as the root of how many windows it gave.
    columns: Columns  # `features.describe`, and `rules.columns`.
    several: NDArray[np.bool_]
    is_cc: NDArray[np.bool_]
    clients: NDArray[np.int64]
    look_again: Callable[[NDArray[np.float64]], Columns]
    """`observe.second_view`, and `rules.columns` beside it."""
    second: Columns = field(default_factory=dict)

    def rows(self) -> NDArray[np.int64]:
        """Choose the services to learn from."""
        too_small = self.is_cc & (self.clients < LEAST_CLIENTS)
        return np.flatnonzero(self.several & ~too_small)

    def sample(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Choose rows, fewer of the dull ones, and their weights."""
        rows = self.rows()
        dull = ~self.is_cc[rows] & (self.columns["any_ratio"][rows] < _DULL_BELOW)
        rng = np.random.default_rng(rows.size)
        taken = ~dull | (rng.random(rows.size) < _DULL_KEPT)
        return rows[taken], np.where(dull, 1.0 / _DULL_KEPT, 1.0)[taken]


@dataclass(frozen=True, slots=True)
class Learned:
    """Two sets of trees, and what they said of windows that they had not seen."""

    first: str
    second: str
    base_rate: float
    temperature: float
    rules: float  # Weight of what rules say beside the trees.
    services: int
    positives: int
    held_out: dict[str, NDArray[np.float64]]  # Log likelihood ratios by lesson, as weighed.


def learn(lessons: Sequence[Lesson], *, rounds: int = ROUNDS) -> Learned:
    """
    Learn both sets of trees.

    Args:
        lessons: At least `FOLDS` windows; their `second` is filled in.
        rounds: Trees in each set.

    Raises:
        ValueError: If there are too few windows with C&Cs in them, or two of one name (the
            caller's bug).
    """
    fold = folds(lessons)
    taught = {at for each, at in zip(lessons, fold, strict=True) if each.is_cc[each.rows()].any()}
    if len({*fold}) < FOLDS or len(taught) < 2:  # noqa: PLR2004 - one is always held out.
        raise ValueError(f"{FOLDS} windows are needed to learn from, two of them with C&Cs")
    if len({lesson.name for lesson in lessons}) < len(lessons):
        raise ValueError("windows to learn from need names of their own")
    for held in range(FOLDS):
        others = [each for each, at in zip(lessons, fold, strict=True) if at != held]
        trees = _fit(others, FIRST, rounds)
        for lesson, at in zip(lessons, fold, strict=True):
            if at == held:
                odds = _odds(trees, lesson.columns, FIRST, lesson.several)
                odds += RULES_USED * rules.total(lesson.columns)
                lesson.second = lesson.look_again(special.expit(odds))
    held_out = ratios_without(lessons, fold, rounds=rounds)
    rate = base_rate(lessons)
    strangers = _strangers(lessons, rounds)
    temperature = temper(lessons, strangers or held_out, rate)
    return Learned(
        first=_fit(lessons, FIRST, rounds).model_to_string(),
        second=_fit(lessons, SECOND, rounds).model_to_string(),
        base_rate=rate,
        temperature=temperature,
        rules=RULES_USED,
        services=sum(lesson.rows().size for lesson in lessons),
        positives=sum(int(lesson.is_cc[lesson.rows()].sum()) for lesson in lessons),
        held_out={
            each.name: held_out[each.name] / temperature + RULES_USED * rules.total(each.columns)
            for each in lessons
        },
    )


def _strangers(lessons: Sequence[Lesson], rounds: int) -> dict[str, NDArray[np.float64]]:
    """
    Ask, of each window, trees that learned nothing from its school.

    Any network that a model is used in is a stranger to it, and its probabilities are
    tempered for one. With fewer than `_SCHOOLS` schools that have C&Cs nobody is: no ratios.
    """
    with_cc = {lesson.school for lesson in lessons if lesson.is_cc[lesson.rows()].any()}
    if len(with_cc) < _SCHOOLS:
        return {}
    return ratios_without(lessons, [lesson.school for lesson in lessons], rounds=rounds)


def ratios_without(
    lessons: Sequence[Lesson],
    groups: Sequence[Hashable],
    names: Sequence[str] = SECOND,
    *,
    rounds: int = ROUNDS,
) -> dict[str, NDArray[np.float64]]:
    """
    Ask, of each window, trees that learned from no window of its group.

    Args:
        lessons: Windows whose `second` is filled in.
        groups: The group of each; at least two differ.
        names: The columns that trees may look at.
        rounds: Trees.

    Returns:
        Log likelihood ratios by the lesson's name, shape (services,) each, what `rules` say not
        among them; -inf for services that fewer than two lines spoke with.
    """
    ratios: dict[str, NDArray[np.float64]] = {}
    for held in dict.fromkeys(groups):
        others = [each for each, group in zip(lessons, groups, strict=True) if group != held]
        trees, rate = _fit(others, names, rounds), base_rate(others)
        for lesson, group in zip(lessons, groups, strict=True):
            if group == held:
                odds = _odds(trees, lesson.second, names, lesson.several)
                ratios[lesson.name] = odds - special.logit(rate)
    return ratios


def base_rate(lessons: Sequence[Lesson]) -> float:
    """Give the share of C&Cs in what is learned from, as it is weighed."""
    _, label, weight = _table(lessons, ())
    return float((label * weight).sum() / weight.sum())


def temper(lessons: Sequence[Lesson], ratios: dict[str, NDArray[np.float64]], rate: float) -> float:
    """
    Find the temperature at which held-out probabilities are least surprised.

    Args:
        lessons: Windows with truth, whose `second` is filled in.
        ratios: Log likelihood ratios that trees gave which had not seen the window.
        rate: The base rate that they will be used with, 0..1.

    Returns:
        What to divide the ratios by, before `RULES_USED` of what rules say is added: above 1
        where trees were too sure.

    Source:
        Guo, Pleiss, Sun and Weinberger (2017), ICML, PMLR 70:1321.
    """
    rows = [lesson.rows() for lesson in lessons]
    is_cc = np.concatenate([each.is_cc[at] for each, at in zip(lessons, rows, strict=True)])
    trees = np.concatenate([ratios[each.name][at] for each, at in zip(lessons, rows, strict=True)])
    said = [rules.total(each.columns)[at] for each, at in zip(lessons, rows, strict=True)]
    known = special.logit(rate) + RULES_USED * np.concatenate(said)
    sign = np.where(is_cc, 1.0, -1.0)

    def surprise(temperature: float) -> float:
        return -float(special.log_expit(sign * (known + trees / temperature)).sum())

    found = optimize.minimize_scalar(surprise, bounds=(_COOLEST, _HOTTEST), method="bounded")
    return float(found.x)


def folds(lessons: Sequence[Lesson]) -> list[int]:
    """Spread the windows of each school over the folds, and those of all schools evenly."""
    by_school = sorted(range(len(lessons)), key=lambda at: lessons[at].school)
    fold = [0] * len(lessons)
    for place, at in enumerate(by_school):
        fold[at] = place % FOLDS
    return fold


def _table(
    lessons: Sequence[Lesson], names: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """Put the rows of all windows together: columns, labels, weights."""
    tables, labels, weights = [], [], []
    positives: dict[str, float] = {}
    windows: dict[str, int] = {}
    for lesson in lessons:
        count = float(lesson.is_cc[lesson.rows()].sum())
        positives[lesson.school] = positives.get(lesson.school, 0.0) + count
        windows[lesson.school] = windows.get(lesson.school, 0) + 1
    some = [count / windows[school] ** 0.5 for school, count in positives.items() if count > 0]
    mean = sum(some) / max(len(some), 1)
    for lesson in lessons:
        rows, weight = lesson.sample()
        if names:
            tables.append(matrix(lesson.second or lesson.columns, list(names), rows))
        labels.append(lesson.is_cc[rows].astype(np.float64))
        # A school without C&Cs shows what is ordinary, and weighs what it counts.
        of_one = positives[lesson.school] / windows[lesson.school] ** 0.5
        weights.append(weight * mean / (of_one or mean or 1.0))
    table = np.vstack(tables) if tables else np.empty((0, 0), dtype=np.float32)
    return table, np.concatenate(labels), np.concatenate(weights)


def _fit(lessons: Sequence[Lesson], names: Sequence[str], rounds: int) -> lightgbm.Booster:
    """
    Learn trees, which say what is left to say beside `RULES_TAUGHT` of `rules`.

    The base rate stands in their first tree, as where they learn from nothing.
    """
    table, label, weight = _table(lessons, names)
    data = lightgbm.Dataset(table, label, weight=weight, feature_name=list(names))
    rate = float(special.logit((label * weight).sum() / weight.sum()))
    said = [rules.total(lesson.columns)[lesson.sample()[0]] for lesson in lessons]
    data.set_init_score(rate + RULES_TAUGHT * np.concatenate(said))
    trees = lightgbm.train(_TREES, data, rounds)
    for leaf in range(_leaves(trees)):
        trees.set_leaf_output(0, leaf, trees.get_leaf_output(0, leaf) + rate)
    return trees


def _leaves(trees: lightgbm.Booster) -> int:
    """Count the leaves of the first tree."""
    return int(trees.dump_model(num_iteration=1)["tree_info"][0]["num_leaves"])


def _odds(
    trees: lightgbm.Booster, columns: Columns, names: Sequence[str], several: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Score the services that two lines or more spoke with; the others get -inf."""
    odds = np.full(several.size, -np.inf)
    rows = np.flatnonzero(several)
    odds[rows] = odds_of(trees, columns, tuple(names), rows)
    return odds
