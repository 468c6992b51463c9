"""A provider's own model: learned on earlier windows, compared on later ones, in use by nobody."""

import re
from pathlib import Path

import lightgbm
import numpy as np
import pytest

from hinomi.errors import Conflict, NotFound, UsageError
from hinomi.model.window import Window
from hinomi.services.home import MODELS, Home, open_home
from hinomi.services.models import CARD, FIRST, SECOND, model_in_use, shipped_model
from hinomi.services.training import LIMITS, Trained, train
from teachable import BASE_MS, INTERVAL, SERVERS, WINDOW_MS, server, teachable_home


@pytest.fixture(name="home", scope="module")
def a_home_of_three_windows(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Give three windows of six hours with listed C&Cs."""
    return teachable_home(tmp_path_factory.mktemp("training") / "home")


@pytest.fixture(name="trained", scope="module")
def a_training(home: Home) -> Trained:
    """Train once."""
    return train(home, Window(), "own")


def test_later_windows_are_held_out(trained: Trained) -> None:
    """The first two teach, the last compares; none lies in both."""
    assert len(trained.learned_on) == 2
    (held_out,) = trained.held_out
    assert all((each.until_ms or 0) <= (held_out.since_ms or 0) for each in trained.learned_on)
    assert held_out.since_ms == BASE_MS + 2 * WINDOW_MS
    assert trained.skipped == []


def test_the_own_model_stands_on_the_shipped_one(trained: Trained) -> None:
    """Its first trees are the same; those that judge last are all there, and more if that helps."""
    shipped, own = shipped_model().model, trained.kept.model

    assert own.first == shipped.first
    assert own.card.base_rate == shipped.card.base_rate
    before, after = (lightgbm.Booster(model_str=each.second) for each in (shipped, own))
    assert after.num_trees() >= before.num_trees()
    table = np.random.default_rng(1).normal(size=(200, before.num_feature()))
    start = after.predict(table, raw_score=True, num_iteration=before.num_trees())
    assert np.array_equal(start, before.predict(table, raw_score=True))


def test_the_card_tells_what_it_was_made_from(trained: Trained) -> None:
    """The start with its digest, windows, intervals, counts, scores, limits, deciles."""
    card = trained.kept.model.card

    assert card.name == "own"
    assert card.trained_on[0] == f"default@{shipped_model().digest[:16]}" == trained.started_from
    assert card.trained_on[2] == "2026-01-01T18:00:00Z/2026-01-02T00:00:00Z"
    assert card.intervals == [INTERVAL]
    assert 12 <= card.positives <= 2 * SERVERS
    assert card.services > card.positives
    assert card.scores["average_precision.own"] == pytest.approx(
        trained.comparison.average_precision.own, abs=1e-6
    )
    assert card.limits == list(LIMITS)
    assert card.measures.keys() == {*card.columns_first}
    assert all(len(deciles) == 11 for deciles in card.measures.values())


def test_the_comparison_is_on_withheld_ccs(trained: Trained) -> None:
    """All listed C&Cs of the later window, against what was in use."""
    comparison = trained.comparison

    assert trained.in_use == trained.started_from
    assert comparison.servers == SERVERS
    assert comparison.average_precision.own > 0.8
    assert comparison.verdict in {"better", "no clear difference"}


def test_training_puts_nothing_in_use(home: Home, trained: Trained) -> None:
    """The register is as it was; the journal tells what was made, and the verdict."""
    after = open_home(home.folder)

    assert after.register == home.register
    assert model_in_use(after).name == "default"
    made = [each for each in home.journal().entries() if each.get("act") == "made"]
    assert [each["digest"] for each in made] == [trained.kept.digest]
    assert made[0]["verdict"] == trained.comparison.verdict


def test_a_model_holds_no_address(home: Home, trained: Trained) -> None:
    """Neither of a C&C nor a line's pseudonym, in no part of it: only columns and thresholds."""
    folder = home.folder / MODELS / trained.kept.name
    key = home.cipher().key.hex()

    for part in (CARD, FIRST, SECOND):
        text = (folder / part).read_text("utf-8")
        assert not re.search(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}", text)
        assert not re.search(r"[0-9a-f]{0,4}:[0-9a-f]{0,4}:[0-9a-f]{0,4}:", text)
        assert "own:" not in text
        assert key not in text
        assert not any(server(number) in text for number in range(SERVERS))


def test_the_same_windows_give_the_same_model(tmp_path: Path, trained: Trained) -> None:
    """Another key period, other pseudonyms, the same trees: no line is in them."""
    again = train(teachable_home(tmp_path / "home"), Window(), "own")

    assert again.kept.model.second == trained.kept.model.second


def test_a_name_is_taken_once(home: Home, trained: Trained) -> None:
    """No model is overwritten, and default is never an own one."""
    with pytest.raises(Conflict, match="own"):
        train(home, Window(), trained.kept.name)
    with pytest.raises(UsageError):
        train(home, Window(), "default")


def test_few_listed_ccs_teach_nothing(tmp_path: Path) -> None:
    """Five are no lesson: it says how many there are, and leaves nothing behind."""
    home = teachable_home(tmp_path / "home", windows=2, listed=5)

    with pytest.raises(NotFound, match="5 listed C&Cs"):
        train(home, Window(), "own")

    assert not (home.folder / MODELS).exists()


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (Window(BASE_MS, BASE_MS + WINDOW_MS), r"1 window\(s\)"),
        (Window(0, BASE_MS), r"0 window\(s\)"),
    ],
)
def test_one_window_is_not_enough(home: Home, window: Window, words: str) -> None:
    """There must be an earlier and a later one."""
    with pytest.raises(NotFound, match=words):
        train(home, window, "short")


def test_an_empty_lake_teaches_nothing(tmp_path: Path) -> None:
    """Nothing is stored yet."""
    with pytest.raises(NotFound, match="empty"):
        train(teachable_home(tmp_path / "home", windows=0), Window(), "own")
