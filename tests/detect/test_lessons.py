"""Learning: windows are held out whole, schools weigh the same, temperatures are found."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import lightgbm
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special

from hinomi.detect import lessons, rules
from hinomi.detect.features import Columns
from hinomi.detect.lessons import (
    FOLDS,
    LEAST_CLIENTS,
    Lesson,
    base_rate,
    learn,
    ratios_without,
    temper,
)
from hinomi.detect.model import FIRST, SECOND
from tinymodels import TELLING, random_lesson


def three() -> list[Lesson]:
    """Give three windows of one school."""
    return [random_lesson(seed) for seed in range(3)]


def test_what_is_learned_tells_cc_servers_from_others() -> None:
    """On windows held out: evidence for C&Cs, against the others, nothing on one line's."""
    windows = three()

    learned = learn(windows, rounds=12)

    assert learned.held_out.keys() == {window.name for window in windows}
    for window in windows:
        ratio = learned.held_out[window.name]
        assert ratio[window.several & window.is_cc].mean() > 1
        assert ratio[window.several & ~window.is_cc].mean() < -0.3
        assert np.isneginf(ratio[~window.several]).all()
    assert learned.services == sum(window.several.sum() for window in windows)
    assert lightgbm.Booster(model_str=learned.first).feature_name() == list(FIRST)
    assert lightgbm.Booster(model_str=learned.second).feature_name() == list(SECOND)


def test_the_first_view_of_a_window_never_saw_it() -> None:
    """On noise it cannot know the labels: in each window C&Cs get what others get."""
    heard: dict[str, NDArray[np.float64]] = {}

    def listening(seed: int) -> Lesson:
        lesson = random_lesson(seed)
        noise = {
            name: np.random.default_rng(seed + at).normal(size=lesson.is_cc.size)
            for at, name in enumerate((*SECOND, *rules.BASIS))
        }

        def look_again(probability: NDArray[np.float64]) -> Columns:
            heard[lesson.name] = probability
            return noise

        return replace(lesson, columns=noise, look_again=look_again)

    windows = [listening(seed) for seed in range(0, 3_000, 1_000)]
    learned = learn(windows, rounds=40)

    for window in windows:
        said = heard[window.name]
        ratio = learned.held_out[window.name]
        assert not said[~window.several].any()
        for found in (special.logit(said[window.several]), ratio[window.several]):
            is_cc = window.is_cc[window.several]
            apart = found[is_cc].mean() - found[~is_cc].mean()
            assert abs(apart) < 0.8 * found.std()


def test_the_second_view_learns_from_its_own_columns() -> None:
    """What only the second look shows is learned."""
    windows = []
    for seed in range(3):
        plain = random_lesson(seed)
        second = plain.look_again(np.zeros(0)) | {"joint_share": plain.is_cc.astype(np.float64)}
        blind = {name: np.zeros(plain.is_cc.size) for name in (*FIRST, *rules.BASIS)}
        windows.append(replace(plain, columns=blind, look_again=partial(_giving, second)))

    learned = learn(windows, rounds=12)

    assert "joint_share" in lightgbm.Booster(model_str=learned.second).model_to_string()
    importance = lightgbm.Booster(model_str=learned.second).feature_importance("gain")
    assert SECOND[int(np.argmax(importance))] == "joint_share"


def _giving(columns: Columns, _: NDArray[np.float64]) -> Columns:
    return columns


def test_learning_is_free_of_chance() -> None:
    """The same windows give the same model."""
    one, two = (learn(three(), rounds=4) for _ in range(2))

    assert (one.first, one.second, one.temperature) == (two.first, two.second, two.temperature)


def without_cc(lesson: Lesson) -> Lesson:
    """Take the C&Cs away."""
    return replace(lesson, is_cc=np.zeros_like(lesson.is_cc))


def lone(lesson: Lesson) -> Lesson:
    """Let too few lines speak with each C&C."""
    return replace(lesson, clients=np.full_like(lesson.clients, LEAST_CLIENTS - 1))


@pytest.mark.parametrize(
    "windows",
    [
        [],
        three()[:2],
        [without_cc(each) for each in three()],
        [lone(each) for each in three()],
        [*three()[:1], *(without_cc(each) for each in three()[1:])],
        [random_lesson(1), random_lesson(1), random_lesson(2)],
    ],
    ids=["none", "two", "no C&C", "C&Cs of few", "C&Cs in one window", "one name twice"],
)
def test_too_little_to_learn_from_is_refused(windows: Sequence[Lesson]) -> None:
    """Before any tree is grown."""
    with pytest.raises(ValueError, match="windows"):
        learn(windows)


@pytest.mark.parametrize("schools", [["a"] * 6, ["a", "b", "c"], ["a", "b"] * 3, list("aaaab")])
def test_every_fold_holds_windows_of_every_school(
    schools: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few a school has: no two folds differ by more than one window of it."""
    seen: list[list[str]] = []
    fit = lessons._fit  # noqa: SLF001 - what each fit is shown tells the folds.

    def watched(windows: Sequence[Lesson], names: Sequence[str], rounds: int) -> lightgbm.Booster:
        seen.append([each.school for each in windows])
        return fit(windows, names, rounds)

    monkeypatch.setattr(lessons, "_fit", watched)
    learn([random_lesson(at, school=school) for at, school in enumerate(schools)], rounds=1)

    for school in {*schools}:
        held = [schools.count(school) - shown.count(school) for shown in seen[:FOLDS]]
        assert max(held) - min(held) <= 1
    sizes = [len(shown) for shown in seen[:FOLDS]]
    assert max(sizes) - min(sizes) <= 1


def test_a_window_where_no_two_lines_meet_is_passed_over() -> None:
    """Nothing to learn from, nothing to judge: the others are learned from."""
    empty = replace(random_lesson(9), several=np.zeros(240, dtype=bool))

    learned = learn([*three(), empty], rounds=2)

    assert np.isneginf(learned.held_out[empty.name]).all()
    assert np.isfinite(learned.temperature)


def test_the_base_rate_is_the_share_that_was_learned() -> None:
    """All C&Cs among all rows of one school, however few of the dull ones are looked at."""
    window = random_lesson(3, rows=20_000)
    rows = window.rows()

    assert base_rate([window]) == pytest.approx(window.is_cc[rows].mean(), rel=0.05)


def test_schools_weigh_the_same() -> None:
    """A school with ten times the windows has no more to say of what C&Cs look like."""
    many = [random_lesson(seed, school="many") for seed in range(10)]
    few = [random_lesson(99, school="few")]
    rare = replace(few[0], is_cc=few[0].is_cc & (np.arange(240) % 4 == 0))

    assert base_rate([*many, *few]) == pytest.approx(
        np.mean([base_rate(many), base_rate(few)]), rel=0.25
    )
    assert base_rate([*many, rare]) < base_rate([*many, *few])


def test_a_school_without_cc_servers_does_not_drown_the_others() -> None:
    """Its services count as what they are: ordinary ones, each once."""
    windows = [random_lesson(seed, rows=2_000) for seed in range(2)]
    clean = without_cc(random_lesson(7, school="clean", rows=2_000))
    shares = base_rate(windows)

    assert base_rate([*windows, clean]) == pytest.approx(shares * 2 / 3, rel=0.1)


def looked(window: Lesson) -> Lesson:
    """Give a window that was looked at again."""
    return replace(window, second=window.look_again(np.zeros(0)))


@pytest.mark.parametrize("hot", [0.6, 1.0, 2.0, 3.5])
def test_temper_finds_the_temperature_that_was_put_in(hot: float) -> None:
    """Log likelihood ratios of two bells, made too sure or too unsure by a known factor."""
    rng = np.random.default_rng(3)
    windows, ratios = [], {}
    for seed in range(3):
        window = looked(random_lesson(seed, rows=20_000))
        apart = 2.0
        x = rng.normal(size=20_000) + apart * window.is_cc
        windows.append(window)
        ratios[window.name] = hot * (apart * x - apart**2 / 2)

    assert temper(windows, ratios, 0.2) == pytest.approx(hot, rel=0.06)


def test_temper_stays_within_reason() -> None:
    """Evidence that is all wrong is cooled as far as it goes, and no further."""
    window = looked(random_lesson(1))
    wrong = {window.name: np.where(window.is_cc, -9.0, 9.0)}

    assert 3.9 < temper([window], wrong, 0.2) <= 4.0


def test_trees_say_what_rules_leave_to_say() -> None:
    """Where rules tell the C&Cs apart, trees that may look at it too say less of it."""

    def spread(strength: float) -> float:
        window = random_lesson(2, rows=4_000)
        told = dict(window.look_again(np.zeros(0)))
        told["joint_share"] = window.is_cc.astype(np.float64)
        said = {"rule_enriched": strength * (window.is_cc.astype(np.float64) - 0.5)}
        taught = replace(window, columns={**window.columns, **said}, second=told)
        windows = [replace(taught, name=str(at)) for at in range(2)]
        ratio = ratios_without(windows, ["a", "b"], rounds=10)["0"][window.several]
        is_cc = window.is_cc[window.several]
        return float(ratio[is_cc].mean() - ratio[~is_cc].mean())

    assert spread(12.0) < 0.9 * spread(0.0)


def test_rows_are_sampled_with_their_weight_made_up_for() -> None:
    """C&Cs and suspicious services all; of the dull ones a part, for the whole."""
    window = random_lesson(5, rows=20_000)
    dull = ~window.is_cc & (window.columns["any_ratio"] < 0.4)

    rows, weight = window.sample()

    kept = np.isin(window.rows(), rows)
    assert kept[~dull[window.rows()]].all()
    assert weight[~dull[rows]].tolist() == [1.0] * int((~dull[rows]).sum())
    assert weight.sum() == pytest.approx(window.rows().size, rel=0.05)
    assert dull[rows].mean() < 0.5 * dull.mean()


def test_cc_servers_of_few_lines_teach_nothing() -> None:
    """They are no C&Cs to learn from and no others either."""
    window = lone(random_lesson(5))

    assert not window.is_cc[window.rows()].any()
    assert window.several[window.rows()].all()


def test_the_telling_columns_of_random_lessons_tell() -> None:
    """What these tests stand on."""
    window = random_lesson(5)

    for name in set(TELLING) & set(FIRST):
        column = window.columns[name]
        assert column[window.is_cc].mean() > column[~window.is_cc].mean() + 1
