"""``hinomi models``: which there are, and which one is in use."""

from pathlib import Path

import pytest

from hinomi.services.home import MODELS
from hinomi.services.models import default_model, shipped_model, write_model
from terminal import hinomi, make_home


@pytest.fixture(name="home")
def a_home_with_an_own_model(tmp_path: Path) -> Path:
    """Give a home that holds a model `own`."""
    home = make_home(tmp_path / "home")
    write_model(default_model(), home / MODELS / "own")
    return home


def test_models_are_shown_with_the_decision(home: Path) -> None:
    """The shipped one is in use, by the defaults."""
    document = hinomi("models", "show", "--json", home=home).document

    assert document["in_use"] == "default"
    assert document["decided_by"] == "hinomi defaults"
    assert [(each["name"], each["in_use"]) for each in document["models"]] == [
        ("default", True),
        ("own", False),
    ]
    assert document["models"][0]["digest"] == shipped_model().digest
    text = hinomi("models", "show", home=home).out
    assert "own" in text
    assert "hinomi defaults" in text


def test_a_model_is_put_in_use(home: Path) -> None:
    """With its reason; the register's new version is told."""
    said = hinomi("models", "use", "own", "--reason", "better here", "--json", home=home)

    assert said.code == 0, said.err
    shown = hinomi("models", "show", "--json", home=home).document
    assert shown["in_use"].startswith("own@")
    assert shown["considerations"] == "better here"
    assert len(said.document["register"]) == 64


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("use", "own"), 64),
        (("use", "own", "--reason", " "), 64),
        (("use", "none", "--reason", "x"), 66),
        (("remove", "default"), 64),
        (("remove", "none"), 66),
    ],
)
def test_decisions_that_cannot_be(home: Path, words: tuple[str, ...], code: int) -> None:
    """No reason, no such model, the shipped one removed."""
    said = hinomi("models", *words, home=home)

    assert (said.code, said.out) == (code, "")


def test_a_model_is_removed_unless_in_use(home: Path) -> None:
    """75 while it is in use; afterwards it goes."""
    hinomi("models", "use", "own", "--reason", "better", home=home)
    assert hinomi("models", "remove", "own", home=home).code == 75

    hinomi("models", "use", "default", "--reason", "worse", home=home)
    assert hinomi("models", "remove", "own", "--json", home=home).document == {"removed": "own"}
    assert not (home / MODELS / "own").exists()
