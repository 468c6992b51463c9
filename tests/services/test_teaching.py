"""A model is made from worlds of known truth, through the door that detection uses."""

from pathlib import Path
from typing import Final

import numpy as np
import pytest

from builders import NOON_MS
from hinomi.detect import rules
from hinomi.detect.lessons import Learned, Lesson
from hinomi.detect.model import FIRST, SECOND, Model
from hinomi.errors import NotFound
from hinomi.services.models import read_model, write_model
from hinomi.services.teaching import teach
from worlds import CCS, write_small_world

INTERVALS: Final = (1_000, 1_000, 100)

Taught = tuple[Model, Learned, list[Lesson], list[str]]


@pytest.fixture(scope="module", name="taught")
def what_three_worlds_teach(tmp_path_factory: pytest.TempPathFactory) -> Taught:
    """Learn once from three small worlds of two schools."""
    folder = tmp_path_factory.mktemp("worlds")
    told: list[str] = []
    worlds = [
        (write_small_world(folder / str(number), interval=interval), "ab"[number % 2])
        for number, interval in enumerate(INTERVALS)
    ]
    model, learned, lessons = teach(worlds, "tiny", told.append, lambda: NOON_MS)
    return model, learned, lessons, told


def test_the_card_says_what_was_learned_from(taught: Taught) -> None:
    """Name, day, worlds, intervals, rows and positives, columns and their deciles."""
    model, learned, lessons, _ = taught
    card = model.card

    assert (card.name, card.made) == ("tiny", "2026-01-01")
    assert card.trained_on == ["a/0", "b/1", "a/2"] == [lesson.name for lesson in lessons]
    assert card.intervals == [100, 1_000]
    assert (card.services, card.positives) == (learned.services, learned.positives)
    assert (card.base_rate, card.temperature) == (learned.base_rate, learned.temperature)
    assert (card.columns_first, card.columns_second) == (list(FIRST), list(SECOND))
    assert card.measures.keys() >= set(FIRST)
    for name in FIRST:
        deciles = card.measures[name]
        assert len(deciles) == 11
        assert deciles == sorted(deciles)


def test_truth_names_the_cc_servers_of_each_world(taught: Taught) -> None:
    """All three of each: known, unknown, and on an own line by its pseudonym."""
    _, learned, lessons, _ = taught

    for lesson in lessons:
        assert lesson.is_cc.sum() == len(CCS)
        assert sorted(lesson.clients[lesson.is_cc].tolist()) == sorted(map(len, CCS.values()))
        assert learned.held_out[lesson.name].shape == lesson.is_cc.shape
    assert learned.positives == len(CCS) * len(lessons)


def test_lessons_were_looked_at_twice(taught: Taught) -> None:
    """All columns of the second view and the terms of rules are there, finite."""
    *_, lessons, _ = taught

    for lesson in lessons:
        assert lesson.second.keys() == {*SECOND, *rules.BASIS}
        assert all(np.isfinite(column).all() for column in lesson.second.values())


def test_each_step_is_told(taught: Taught) -> None:
    """At last, that it is learning."""
    *_, told = taught

    assert told[-1] == "learning from 3 worlds"


def test_a_taught_model_is_read_as_it_was_written(taught: Taught, tmp_path: Path) -> None:
    """With the digest of its trees, and without anything else changed."""
    model, *_ = taught

    write_model(model, tmp_path / "kept")
    again = read_model(tmp_path / "kept")

    assert (again.first, again.second) == (model.first, model.second)
    assert again.card.measures == model.card.measures
    assert len(again.card.digest) == 64


def test_a_world_without_truth_teaches_nothing(tmp_path: Path) -> None:
    """Named before anything is learned."""
    folder = write_small_world(tmp_path / "w")
    (folder / "truth.csv").unlink()

    with pytest.raises(NotFound, match="truth"):
        teach([(folder, "a")], "none", lambda _: None)
