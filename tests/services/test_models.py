"""Which model is in use stands in the register; another digest is refused."""

from pathlib import Path

import msgspec
import pytest

from hinomi.clock import render_time
from hinomi.errors import ConfigError, Conflict, NotFound, UsageError
from hinomi.services.home import MODELS, Home, open_home
from hinomi.services.mandates import os_user
from hinomi.services.models import (
    CARD,
    DEFAULT,
    FIRST,
    IN_USE,
    SECOND,
    default_model,
    kept_model,
    kept_models,
    model_in_use,
    read_model,
    remove_model,
    require_name,
    shipped_model,
    use_model,
    write_model,
)
from teachable import change_register
from terminal import make_home

NOON_MS = 1_767_268_800_000


@pytest.fixture(name="home")
def a_home_with_an_own_model(tmp_path: Path) -> Home:
    """Give a home that holds a model `own`: the shipped one under another name."""
    home = open_home(make_home(tmp_path / "home"), lambda: NOON_MS)
    shipped = default_model()
    own = msgspec.structs.replace(shipped.card, name="own")
    write_model(type(shipped)(own, shipped.first, shipped.second), home.folder / MODELS / "own")
    return home


def again(home: Home) -> Home:
    """Open the home anew: with the register as it stands now."""
    return open_home(home.folder, lambda: NOON_MS)


def test_a_model_survives_its_files(tmp_path: Path) -> None:
    """What is written reads back the same, trees and card."""
    model = default_model()

    write_model(model, tmp_path / "a")

    assert read_model(tmp_path / "a") == model


def test_a_new_home_uses_the_model_that_ships(home: Home) -> None:
    """The register says default, and results name it with its digest."""
    used = model_in_use(home)

    assert (used.name, used.reference) == (DEFAULT, DEFAULT)
    assert used.digest == shipped_model().digest
    assert len(used.digest) == 64


def test_using_a_model_goes_through_the_register(home: Home) -> None:
    """Value with digest, reason, who, review date; the version of the register changes."""
    version = use_model(home, "own", " better by 0.04 on two held-out days ").version

    after = again(home)
    decided = after.register.parameters[IN_USE]
    own = kept_model(home, "own")
    assert decided.value == own.reference == f"own@{own.digest[:16]}"
    assert decided.considerations == "better by 0.04 on two held-out days"
    assert decided.decided_by == os_user()
    assert decided.review.isoformat() > render_time(NOON_MS)[:10]
    assert after.register.version == version != home.register.version
    assert model_in_use(after).name == "own"


def test_the_decision_is_journalled(home: Home) -> None:
    """Which model came in place of which, by whom, and why; then the change of the register."""
    use_model(home, "own", "better")

    entries = [*home.journal().entries()]
    (entry,) = (each for each in entries if each["operation"] == "models")
    assert (entry["act"], entry["model_before"], entry["reason"]) == ("choose", DEFAULT, "better")
    own = kept_model(home, "own").reference
    assert entries[-1]["changed"] == {IN_USE: [DEFAULT, own]}
    assert entry["digest"] == kept_model(home, "own").digest
    mandate = entry["mandate"]
    assert isinstance(mandate, dict)
    assert mandate["who"] == os_user()


def test_the_way_back_is_the_same(home: Home) -> None:
    """The shipped model is put in use again by name."""
    use_model(home, "own", "better")

    use_model(again(home), DEFAULT, "drifted")

    assert model_in_use(again(home)).name == DEFAULT


@pytest.mark.parametrize("part", [CARD, FIRST, SECOND])
def test_a_model_that_was_changed_is_refused(home: Home, part: str) -> None:
    """Any file of it that is not as decided: one clear line, and no run."""
    use_model(home, "own", "better")
    path = home.folder / MODELS / "own" / part
    text = path.read_text("utf-8")
    path.write_text(text.replace('"own"', '"new"') if part == CARD else text + "\n", "utf-8")

    with pytest.raises(ConfigError) as refused:
        model_in_use(again(home))

    assert refused.value.exit_code == 78
    assert len(str(refused.value).splitlines()) == 1
    assert "model" in str(refused.value)


def test_another_model_under_the_name_is_refused(home: Home) -> None:
    """A whole and sound model, but not the one that was decided on."""
    use_model(home, "own", "better")
    model = kept_model(home, "own").model
    warmer = msgspec.structs.replace(model.card, temperature=3.0)
    write_model(type(model)(warmer, model.first, model.second), home.folder / MODELS / "own")

    with pytest.raises(ConfigError, match="decided"):
        model_in_use(again(home))


def test_a_model_that_is_gone_is_refused(home: Home) -> None:
    """Files that were removed by hand."""
    use_model(home, "own", "better")
    (home.folder / MODELS / "own" / CARD).unlink()

    with pytest.raises(ConfigError, match="lacks"):
        model_in_use(again(home))


@pytest.mark.parametrize(
    "value", ["own", "own@", "own@12", "../x@0123456789abcdef", "default@0123456789abcdef", ""]
)
def test_a_register_that_names_no_model_is_refused(home: Home, value: str) -> None:
    """A name without its digest, a path, the shipped one with a digest."""
    change_register(home.folder, IN_USE, value)

    with pytest.raises(ConfigError, match=r"model\.in_use"):
        model_in_use(again(home))


def test_a_decision_needs_its_reason(home: Home) -> None:
    """A blank one changes nothing."""
    with pytest.raises(UsageError, match="--reason"):
        use_model(home, "own", "  ")

    assert again(home).register == home.register


def test_an_unknown_model_cannot_be_used(home: Home) -> None:
    """Nor can what is no name."""
    with pytest.raises(NotFound):
        use_model(home, "other", "better")
    with pytest.raises(UsageError):
        use_model(home, "../own", "better")

    assert again(home).register == home.register


@pytest.mark.parametrize("name", [DEFAULT, "", "A", "a/b", "..", "-a", "a" * 33, "a@b"])
def test_names_that_are_none(name: str) -> None:
    """A name is a folder's and stands in the register: short, plain, and not default."""
    with pytest.raises(UsageError):
        require_name(name)


def test_all_models_are_shown(home: Home) -> None:
    """The shipped one first, then those of the home."""
    assert [each.name for each in kept_models(home)] == [DEFAULT, "own"]


def test_a_model_is_removed(home: Home) -> None:
    """It is gone, and the journal says so."""
    remove_model(home, "own")

    assert not (home.folder / MODELS / "own").exists()
    *_, entry = home.journal().entries()
    assert (entry["act"], entry["model"]) == ("remove", "own")


def test_the_model_in_use_is_not_removed(home: Home) -> None:
    """Nor is the shipped one, nor one that is not there."""
    use_model(home, "own", "better")

    with pytest.raises(Conflict):
        remove_model(again(home), "own")
    with pytest.raises(UsageError):
        remove_model(home, DEFAULT)
    with pytest.raises(NotFound):
        remove_model(home, "other")

    assert (home.folder / MODELS / "own" / CARD).exists()
