"""Small random lessons, and a model learned from them in no time."""

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.detect import rules
from hinomi.detect.features import Columns
from hinomi.detect.lessons import Lesson, learn
from hinomi.detect.model import FIRST, SECOND, Card, Model, digest
from hinomi.govern.parameters import default_register

TELLING = ("any_ratio", "credited_ratio", "find_ratio", "in_share")
"""Columns in which the C&Cs of these lessons differ from other services."""

SMALL: Final = default_register().with_value("learned.least_lines", 500, decided_by="tests")
"""A register under which models speak for networks as small as those of tests."""

LookAgain = Callable[[NDArray[np.float64]], Columns]


def random_lesson(
    seed: int, *, school: str = "one", rows: int = 240, look_again: LookAgain | None = None
) -> Lesson:
    """Give a window in which every fifth service is a C&C and looks like one."""
    rng = np.random.default_rng(seed)
    is_cc = rng.random(rows) < 0.2
    columns = {name: rng.normal(size=rows) for name in SECOND}
    for name in TELLING:
        columns[name] = columns[name] + 2.0 * is_cc
    columns["habit"] = np.floor(rng.random(rows) * 6.0)
    columns |= {name: np.zeros(rows) for name in rules.BASIS}
    first = {name: columns[name] for name in (*FIRST, *rules.BASIS)}
    return Lesson(
        name=f"{school}/{seed}",
        school=school,
        columns=first,
        several=rng.random(rows) < 0.9,
        is_cc=is_cc,
        clients=np.full(rows, 9),
        look_again=look_again or (lambda _: columns),
    )


@cache
def tiny_model(rounds: int = 6) -> Model:
    """Learn a model from three random windows."""
    learned = learn([random_lesson(seed) for seed in range(3)], rounds=rounds)
    card = Card(
        name="tiny",
        made="2026-01-01",
        trained_on=["one/0", "one/1", "one/2"],
        intervals=[10_000],
        services=learned.services,
        positives=learned.positives,
        base_rate=learned.base_rate,
        temperature=learned.temperature,
        rules=learned.rules,
        columns_first=list(FIRST),
        columns_second=list(SECOND),
        digest=digest(learned.first, learned.second),
    )
    return Model(card, learned.first, learned.second)
