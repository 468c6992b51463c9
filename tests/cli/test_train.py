"""``hinomi train``: the comparison as a table and as one document."""

import json
from pathlib import Path

import pytest

from hinomi.cli.train import as_json
from hinomi.detect.comparison import Comparison, Figure
from hinomi.model.window import Window
from hinomi.services.models import shipped_model
from hinomi.services.training import Trained
from teachable import teachable_home
from terminal import Said, hinomi, make_home


@pytest.fixture(name="said", scope="module")
def an_answer(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """Train once on a small lake."""
    home = teachable_home(tmp_path_factory.mktemp("train") / "home", windows=2)
    return hinomi("train", "--name", "spring", home=home.folder)


def test_the_comparison_is_shown(said: Said) -> None:
    """Both measures, the verdict, and how to put it in use: that is another command."""
    assert said.code == 0, said.err
    assert "average precision" in said.out
    assert "log loss" in said.out
    assert "the own model is: " in said.out
    assert "hinomi models use spring" in said.out
    assert "nothing has changed yet" in said.out


def test_the_document_holds_the_figures() -> None:
    """Names, digests, windows, figures with intervals, verdict; and it is plain JSON."""
    figure = Figure(in_use=0.5, own=0.625, low=0.0625, high=0.1875)
    trained = Trained(
        kept=shipped_model(),
        started_from="default@0123",
        in_use="default@0123",
        learned_on=[Window(0, 1_000)],
        held_out=[Window(1_000, 2_000)],
        skipped=[],
        servers=14,
        comparison=Comparison(servers=9, rows=900, average_precision=figure, log_loss=figure),
    )

    document = json.loads(json.dumps(as_json(trained)))

    assert document["model"]["digest"] == shipped_model().digest
    assert document["held_out"] == [Window(1_000, 2_000).render()]
    assert (document["servers_learned"], document["servers_compared"]) == (14, 9)
    assert document["average_precision"] == {
        "in_use": 0.5,
        "own": 0.625,
        "difference_low": 0.0625,
        "difference_high": 0.1875,
    }
    assert document["verdict"] == trained.comparison.verdict


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 64),
        (("--name", "default"), 64),
        (("--name", "a/b"), 64),
        (("--name", "a", "--since", "2026-02-01", "--until", "2026-01-01"), 64),
        (("--name", "a"), 66),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    """Wrong names and windows are usage errors; an empty lake is nothing to learn from."""
    said = hinomi("train", *words, home=make_home(tmp_path / "home"))

    assert said.code == code
    assert said.out == ""
    assert "Traceback" not in said.err
