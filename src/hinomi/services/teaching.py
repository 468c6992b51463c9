"""From worlds of known truth to a model: how the one that ships with hinomi is made."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.score import CC
from hinomi.bench.worldfiles import find_world
from hinomi.clock import Clock, render_time, wall_clock
from hinomi.detect import rules
from hinomi.detect.columns import ints, keys, positions
from hinomi.detect.drift import remembered
from hinomi.detect.features import Columns
from hinomi.detect.lessons import Learned, Lesson, learn
from hinomi.detect.model import FIRST, SECOND, Card, Model
from hinomi.detect.observe import second_view
from hinomi.detect.orient import SERVICE
from hinomi.model.window import Window
from hinomi.services.delays import service_columns
from hinomi.services.detecting import judging
from hinomi.services.laboratory import Tell, open_laboratory
from hinomi.services.mandates import Operation

_DAY_LETTERS = 10


def teach(
    worlds: Sequence[tuple[Path, str]], name: str, tell: Tell, clock: Clock = wall_clock
) -> tuple[Model, Learned, list[Lesson]]:
    """
    Learn a model from worlds.

    Args:
        worlds: Folder, and school, of each.
        name: What the model is called.
        tell: Is told each step as it begins.
        clock: What time it is.

    Returns:
        The model, what it said of worlds held out, and the lessons with their truth.

    Raises:
        As `laboratory.open_laboratory`.
    """
    with ExitStack() as stack:
        lessons = []
        intervals = set()
        for folder, school in worlds:
            lesson, interval = _lesson(stack, folder, school, tell)
            lessons.append(lesson)
            intervals.add(interval)
        tell(f"learning from {len(lessons)} worlds")
        learned = learn(lessons)
    measures, spread = remembered(
        {name: [each.columns[name][each.several] for each in lessons] for name in FIRST}
    )
    card = Card(
        name=name,
        made=render_time(clock())[:_DAY_LETTERS],
        trained_on=[lesson.name for lesson in lessons],
        intervals=sorted(intervals),
        services=learned.services,
        positives=learned.positives,
        base_rate=learned.base_rate,
        temperature=learned.temperature,
        rules=learned.rules,
        columns_first=list(FIRST),
        columns_second=list(SECOND),
        measures=measures,
        spread=spread,
    )
    return Model(card, learned.first, learned.second), learned, lessons


def _lesson(stack: ExitStack, folder: Path, school: str, tell: Tell) -> tuple[Lesson, int]:
    laboratory = stack.enter_context(open_laboratory(find_world(folder), tell))
    opened = judging(laboratory.home, Window(), Operation.DETECT, lambda _: None, with_model=False)
    engine, judged, _ = stack.enter_context(opened)
    observed = judged.observed
    services = judged.survey.services
    truth = laboratory.truth
    place = positions(keys(service_columns(truth), SERVICE), keys(services, SERVICE))
    is_cc = np.zeros(len(services), dtype=bool)
    labels = np.array(truth.column("label").to_pylist(), dtype=object)
    is_cc[place[(place >= 0) & (labels == CC)]] = True

    beside, _ = rules.columns(engine, observed, laboratory.home.register)

    def look_again(probability: NDArray[np.float64]) -> Columns:
        return {**second_view(engine, observed, probability), **beside}

    lesson = Lesson(
        name=f"{school}/{folder.name}",
        school=school,
        columns={**observed.columns, **beside},
        several=observed.several,
        is_cc=is_cc,
        clients=ints(services, "clients"),
        look_again=look_again,
    )
    return lesson, judged.survey.extent.interval
