"""A home finds its case book where its configuration says, and loses none on the way."""

from pathlib import Path

import pytest

from casebooks import PostgresqlPlace
from hinomi.errors import ConfigError
from hinomi.services.casebooks import CASEBOOK, MOVED
from hinomi.services.home import CONFIG, Home, open_home
from hinomi.services.retention import unknown_files
from terminal import hinomi, make_home


@pytest.fixture(name="folder")
def a_home(tmp_path: Path) -> Path:
    """Make a home whose case book is in its file."""
    folder = make_home(tmp_path)
    with open_home(folder).casebook() as casebook:
        casebook.exporter_number("edge")
    return folder


def configure(folder: Path, words: str) -> Home:
    """Say where the case book is."""
    path = folder / CONFIG
    lines = path.read_text("utf-8").splitlines()
    told = [f'postgresql = "{words}"' if line.startswith("postgresql") else line for line in lines]
    path.write_text("\n".join(told) + "\n", "utf-8")
    return open_home(folder)


def test_a_home_takes_its_rows_into_the_database(
    folder: Path, shared_place: PostgresqlPlace
) -> None:
    """The file is gone, the journal tells of it once, and every file is of a class."""
    home = configure(folder, shared_place.conninfo)

    for _ in range(2):
        with home.casebook() as casebook:
            assert casebook.exporters() == {1: "edge"}
            assert len(casebook.own_networks()) > 0

    assert not (folder / CASEBOOK).exists()
    entries = [each for each in home.journal().entries() if each.get("act") == "move case book"]
    (entry,) = entries
    rows = entry["rows"]
    assert isinstance(rows, dict)
    assert rows["exporters"] == 1
    assert unknown_files(home) == []


def test_a_home_whose_case_book_moved_begins_no_empty_one(
    folder: Path, shared_place: PostgresqlPlace
) -> None:
    """An option that got lost is told; numbers of exporters would begin anew otherwise."""
    with configure(folder, shared_place.conninfo).casebook():
        pass
    home = configure(folder, "")

    with pytest.raises(ConfigError, match=r"casebook\.postgresql") as caught:
        home.casebook()

    assert not (folder / CASEBOOK).exists()
    assert MOVED in str(caught.value)


def test_a_file_that_is_put_back_is_the_case_book_again(
    folder: Path, shared_place: PostgresqlPlace, tmp_path: Path
) -> None:
    """As from a backup of before the move, with the configuration of then."""
    copy = (folder / CASEBOOK).read_bytes()
    with configure(folder, shared_place.conninfo).casebook():
        pass

    (folder / CASEBOOK).write_bytes(copy)

    with configure(folder, "").casebook() as casebook:
        assert casebook.exporters() == {1: "edge"}


def test_the_commands_know_the_option(folder: Path, shared_place: PostgresqlPlace) -> None:
    """`init` writes it, `show` shows it, `check` refuses a password without repeating it."""
    assert 'postgresql = ""' in hinomi("config", "show", home=folder).out
    configure(folder, shared_place.conninfo)
    assert shared_place.conninfo in hinomi("config", "show", home=folder).out
    assert hinomi("config", "check", home=folder).code == 0
    path = folder / CONFIG
    path.write_text(path.read_text("utf-8").replace("user=", "password=hunter2 user="), "utf-8")

    said = hinomi("config", "check", home=folder)

    assert said.code == 78
    assert "casebook: postgresql holds a password" in said.err
    assert "hunter2" not in said.err
    assert said.err.count("\n") == 1
