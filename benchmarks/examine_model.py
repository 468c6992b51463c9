"""
What each part of the model is worth: parts left out, and generators left out.

`train_model.py --examine` learns as always, then learns again without each. Numbers are means
over worlds, all C&Cs of five clients or more together: average precision, share right among
the first 20 and among the first R, recall of the first 100.

The first view of each world was made by trees that had seen other worlds of its generator, so
what is said of generators left out is a little too good.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hinomi.detect import behaviour, features, propagate
from hinomi.detect.lessons import Lesson, folds, ratios_without
from hinomi.detect.model import SECOND

LEAST_CLIENTS = 5
FIGURES = ("average precision", "first 20", "first R", "recall in 100")

Ratios = Mapping[str, NDArray[np.float64]]


def parts() -> dict[str, set[str]]:
    """Name the parts, and the columns that each stands in."""
    talk = {"size", "manner", "port-use", "persistence", "place", "popularity"}
    found = {
        "nothing": set[str](),
        "suspects among the clients": {n for n, b in features.BASIS.items() if b == "enriched"},
        "order of contact and infection": {n for n, b in features.BASIS.items() if b == "onset"},
        "how it talks": {n for n, b in features.BASIS.items() if b in talk},
        "likeness to the C&Cs known in the window": {*behaviour.BASIS},
        "what other finds say": {*propagate.BASIS},
    }
    return found | {"the last two": {*behaviour.BASIS, *propagate.BASIS}}


def figures_of(lesson: Lesson, ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score one world, in the order of FIGURES."""
    rows = np.flatnonzero(lesson.several & ~(lesson.is_cc & (lesson.clients < LEAST_CLIENTS)))
    is_cc = lesson.is_cc[rows[np.argsort(-ratio[rows], kind="stable")]]
    sought = max(int(is_cc.sum()), 1)
    precision = np.cumsum(is_cc) / np.arange(1, is_cc.size + 1)
    return np.array(
        [
            float(precision[is_cc].sum()) / sought,
            float(is_cc[:20].mean()),
            float(is_cc[:sought].mean()),
            float(is_cc[:100].sum()) / sought,
        ]
    )


def row(name: str, lessons: Sequence[Lesson], ratios: Ratios) -> str:
    """Render the mean over *lessons* as a row of a table."""
    mean = np.mean([figures_of(each, ratios[each.name]) for each in lessons], axis=0)
    return f"| {name} | " + " | ".join(f"{value:.2f}" for value in mean) + " |"


def examine(lessons: Sequence[Lesson]) -> str:
    """Learn without each part and without each school; render both tables."""
    head = " | ".join(FIGURES)
    said = [f"| left out | {head} |", "|---" * (len(FIGURES) + 1) + "|"]
    for name, columns in parts().items():
        kept = [column for column in SECOND if column not in columns]
        said.append(row(name, lessons, ratios_without(lessons, folds(lessons), kept)))
    schools = [lesson.school for lesson in lessons]
    ratios = ratios_without(lessons, schools)
    said += ["", f"| never learned from | {head} |", "|---" * (len(FIGURES) + 1) + "|"]
    for school in dict.fromkeys(schools):
        for kind in ("dense", "sparse"):
            judged = [each for each in lessons if f"/{school}-{kind}-" in each.name]
            if judged:
                said.append(row(f"{school}, {kind}", judged, ratios))
    return "\n".join([*said, row("all", lessons, ratios)])
