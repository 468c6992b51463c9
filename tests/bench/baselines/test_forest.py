"""Forests on server features."""

import lightgbm
import numpy as np
import pytest

from hinomi.bench.baselines import forest
from hinomi.bench.baselines.forest import (
    FOLDS,
    ListedForest,
    TrueForest,
    grow,
    shipped_model,
)
from hinomi.bench.baselines.interface import Observed
from hinomi.bench.baselines.server_features import FEATURES
from hinomi.model.listed import ListKind
from surveys import CC_PORT, entry

RNG_SEED = 5


def _easy() -> tuple[
    np.ndarray[tuple[int, int], np.dtype[np.float64]], np.ndarray[tuple[int], np.dtype[np.bool_]]
]:
    """Give services of which one feature tells what is wanted."""
    measured = np.random.default_rng(RNG_SEED).random((400, len(FEATURES)))
    return measured, np.asarray(measured[:, 3] > 0.95, dtype=bool)


def test_a_forest_finds_what_a_feature_tells() -> None:
    """All that is wanted gets more votes than all that is not."""
    measured, wanted = _easy()

    votes = lightgbm.Booster(model_str=grow(measured, wanted, 15, 1)).predict(measured)

    assert np.asarray(votes)[wanted].min() > np.asarray(votes)[~wanted].max()


def test_the_same_services_grow_the_same_forest() -> None:
    """To the last digit of its text."""
    assert grow(*_easy(), 7, 3) == grow(*_easy(), 7, 3)


def test_what_the_text_leaves_out_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole text votes the same, to the last digit."""
    measured, wanted = _easy()
    slim = grow(measured, wanted, 15, 3)
    monkeypatch.setattr(forest, "_IDLE", frozenset())
    whole = grow(measured, wanted, 15, 3)

    votes, all_votes = (
        np.asarray(lightgbm.Booster(model_str=each).predict(measured)) for each in (slim, whole)
    )

    assert len(slim) < 0.7 * len(whole)
    np.testing.assert_array_equal(votes, all_votes)


def test_a_forest_needs_both_kinds() -> None:
    """Nothing wanted, or everything: the caller's bug."""
    measured, wanted = _easy()

    for all_alike in (np.zeros_like(wanted), np.ones_like(wanted)):
        with pytest.raises(ValueError, match="both kinds"):
            grow(measured, all_alike, 7, 3)


def test_the_shipped_forest_knows_the_features_by_name() -> None:
    """A feature that is added, renamed or moved wants a new forest."""
    assert tuple(lightgbm.Booster(model_str=shipped_model()).feature_name()) == FEATURES


def test_a_forest_trained_on_truth_finds_it_again(network: Observed) -> None:
    """On the very network it was trained on, the C&C comes first."""
    trained = TrueForest(least_in_leaf=1).trained([network])

    table = trained.rank(network.engine, network.survey, network.lists, network.register)

    assert table.column("remote_port")[0].as_py() == CC_PORT
    assert trained.model != shipped_model()


def test_the_listed_forest_uses_lists_and_nothing_else(network: Observed) -> None:
    """Without a list it ranks nothing; a listed service alone in its fold is never seen."""
    nothing = ListedForest().rank(network.engine, network.survey, {}, network.register)
    lists = {ListKind.KNOWN_CC: [entry(f"198.51.100.{host}") for host in range(100, 130)]}
    table = ListedForest().rank(network.engine, network.survey, lists, network.register)

    assert nothing.num_rows == 0
    assert table.num_rows >= network.survey.services.num_rows * (FOLDS - 1) // FOLDS - 1
    assert set(table.column("remote_port").to_pylist()[:20]) == {23}
