"""Trees on top of a model: what they learn, what they leave, what they cannot hold."""

import dataclasses

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from hinomi.detect.correction import FOLDS, ROUNDS, Examples, best_rounds, correct, sample
from hinomi.detect.model import Card, Model

NAMES = ["span", "habit", "tcp"]
RATE = 0.02


def _taught(temperature: float = 1.0) -> Model:
    """Learn that a large span is a C&C's; of the other two columns nothing."""
    rng = np.random.default_rng(0)
    table = rng.normal(size=(8_000, 3)).astype(np.float32)
    label = rng.random(8_000) < special.expit(3.0 * table[:, 0] - 6.0)
    data = lightgbm.Dataset(table, label.astype(float), feature_name=NAMES)
    trees = lightgbm.train(
        {"objective": "binary", "num_leaves": 4, "verbose": -1, "seed": 0, "num_threads": 1},
        data,
        30,
    ).model_to_string()
    card = Card(
        name="start", made="2026-01-01", trained_on=[], intervals=[10_000], services=8_000,
        positives=int(label.sum()), base_rate=float(label.mean()), temperature=temperature,
        columns_first=NAMES, columns_second=NAMES,
    )  # fmt: skip
    return Model(card, trees, trees)


def _evidence(model: Model, table: np.ndarray) -> np.ndarray:
    columns = dict(zip(NAMES, table.T.astype(np.float64), strict=True))
    return model.evidence(columns, np.ones(len(table), dtype=bool))


def _examples(model: Model, table: np.ndarray, withheld: np.ndarray) -> Examples:
    chance = special.expit(special.logit(RATE) + _evidence(model, table))
    return Examples(
        fold=0,
        table=table,
        beside=np.zeros(len(table)),
        chance=np.where(withheld, 0.95, chance),
        withheld=withheld,
        weight=np.ones(len(table)),
    )


@pytest.fixture(name="start", scope="module")
def a_model_to_start_from() -> Model:
    """Give a model that looks at one column of three."""
    return _taught()


def _window(seed: int, size: int = 6_000) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(size, 3)).astype(np.float32)


def _corrected(start: Model, *examples: Examples) -> Model:
    return Model(start.card, start.first, correct(start, examples, 0.1, rounds=40))


def test_what_listed_ccs_look_like_here_is_learned(start: Model) -> None:
    """Listed C&Cs of high `habit` raise other services of high `habit`, and no others."""
    table = _window(1)
    withheld = (table[:, 1] > 1.8) & (np.arange(len(table)) % 2 == 0)
    other = _window(2)
    alike = other[:, 1] > 1.8

    gain = _evidence(_corrected(start, _examples(start, table, withheld)), other)
    gain -= _evidence(start, other)

    assert gain[alike].mean() > 1.0
    assert abs(gain[~alike].mean()) < 0.3


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_without_news_little_changes(temperature: float) -> None:
    """Where the lists say what the model said already, the correction is small."""
    start = _taught(temperature)
    table = _window(1)
    likely = special.expit(special.logit(RATE) + _evidence(start, table))
    drawn = np.random.default_rng(4).random(len(table))

    after = _corrected(start, _examples(start, table, drawn < likely / 2))
    moved = _evidence(after, table) - _evidence(start, table)

    assert np.quantile(np.abs(moved), 0.9) < 0.5
    assert abs(moved.mean()) < 0.25


def test_finds_that_no_list_names_are_not_unlearned(start: Model) -> None:
    """A family of large span stays a find, though all listed C&Cs are of another kind."""
    table = _window(1)
    withheld = (table[:, 1] > 1.8) & (table[:, 0] < 0)
    unlisted = table[:, 0] > 2.5

    after = _corrected(start, _examples(start, table, withheld))

    before = np.median(_evidence(start, table)[unlisted])
    assert before > 2
    assert np.median(_evidence(after, table)[unlisted]) > before - 0.5


def test_the_starting_trees_all_stay(start: Model) -> None:
    """The first trees of the corrected model are those of the start, and more follow."""
    after = correct(start, [_examples(start, _window(1), np.arange(6_000) < 40)], 0.1, rounds=5)

    old, new = lightgbm.Booster(model_str=start.second), lightgbm.Booster(model_str=after)
    table = _window(3)
    np.testing.assert_allclose(
        new.predict(table, raw_score=True, num_iteration=old.num_trees()),
        old.predict(table, raw_score=True),
    )
    assert new.num_trees() == old.num_trees() + 5
    assert new.feature_name() == NAMES


def test_no_trees_leave_the_model_as_it_is(start: Model) -> None:
    """Where none do better, the own model is the start."""
    assert correct(start, [], 0.1, rounds=0) == start.second


@pytest.mark.parametrize("is_news", [True, False])
def test_trees_are_put_on_top_as_far_as_they_help(start: Model, is_news: bool) -> None:  # noqa: FBT001 - a fact.
    """Many where listed C&Cs of all folds share a look; few where the start knew all of it."""
    rng = np.random.default_rng(5)
    examples = []
    for fold in range(FOLDS):
        table = _window(10 + fold)
        likely = special.expit(special.logit(RATE) + _evidence(start, table))
        withheld = table[:, 1] > 2.0 if is_news else rng.random(len(table)) < likely / 2
        made = _examples(start, table, withheld)
        examples.append(dataclasses.replace(made, fold=fold))

    rounds = best_rounds(start, examples, 0.1)

    assert rounds in (ROUNDS[3:] if is_news else ROUNDS[:3])


def test_more_finds_than_lists_leave_room_for_are_believed_less(start: Model) -> None:
    """Finds that no list names sink where nine in ten C&Cs are said to be listed."""
    table = _window(1)
    withheld = (table[:, 1] > 1.8) & (table[:, 0] < 0)
    unlisted = table[:, 0] > 2.5
    examples = _examples(start, table, withheld)
    trusted, doubted = (
        _evidence(
            Model(start.card, start.first, correct(start, [examples], share, rounds=80)), table
        )[unlisted].mean()
        for share in (0.1, 0.99)
    )

    assert doubted < trusted - 0.3


def test_no_leaf_rests_on_few_services(start: Model) -> None:
    """Twenty services or more lie in each leaf that was added: none tells of one of them."""
    examples = _examples(start, _window(1), np.arange(6_000) < 40)

    after = lightgbm.Booster(
        model_str=correct(start, [examples], 0.1, rounds=40)
    ).trees_to_dataframe()

    start_trees = lightgbm.Booster(model_str=start.second).num_trees()
    added = after[(after["tree_index"] >= start_trees) & after["split_feature"].isna()]
    assert added["count"].min() >= 20


@given(chances=st.lists(st.floats(0, 1), min_size=1, max_size=80), seed=st.integers(0, 2**32 - 1))
def test_folds_share_the_unlabelled_among_them(chances: list[float], seed: int) -> None:
    """Each unlabelled row is taken in one fold, a withheld one in its own, each at its weight."""
    chance = np.array(chances)
    part = np.random.default_rng(seed).integers(-5, FOLDS, chance.size)
    taken = []
    for fold in range(FOLDS):
        rows, weight = sample(chance, part == fold, fold)
        assert {*np.flatnonzero(part == fold).tolist()} <= {*rows.tolist()}
        assert (weight >= 1).all()
        taken += [row for row in rows.tolist() if part[row] < 0]

    assert sorted(taken) == np.flatnonzero(part < 0).tolist()


def test_many_plain_services_are_thinned_and_made_up_for() -> None:
    """Of a million dull services some are taken, and stand for all of their fold."""
    chance = np.full(1_000_000, 1e-5)

    rows, weight = sample(chance, np.zeros(chance.size, dtype=bool), 0)

    assert rows.size < 70_000
    assert weight.sum() == pytest.approx(1_000_000 / FOLDS, rel=0.02)
