"""``--home`` and ``--json`` are taken before and after the command."""

from pathlib import Path

import pytest

from hinomi.cli.session import Session
from terminal import hinomi, make_home


@pytest.mark.parametrize(
    "order",
    [
        ["--home", "HOME", "--json", "lists", "show"],
        ["--json", "lists", "--home", "HOME", "show"],
        ["lists", "--json", "show", "--home", "HOME"],
        ["lists", "show", "--home", "HOME", "--json"],
    ],
)
def test_the_two_options_stand_anywhere(tmp_path: Path, order: list[str]) -> None:
    """Before the command, between group and command, or after it: the answer is the same."""
    home = make_home(tmp_path / "home")

    said = hinomi(*(str(home) if word == "HOME" else word for word in order))

    assert said.document == {"lists": []}


def test_the_innermost_home_wins(tmp_path: Path) -> None:
    """A home named after the command is meant, whatever stands before."""
    home = make_home(tmp_path / "home")

    assert hinomi("config", "check", "--home", home, home=tmp_path / "other").code == 0


def test_the_home_comes_from_option_variable_or_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The option first, then $HINOMI_HOME, then ./hinomi-home; an empty variable is none."""
    monkeypatch.delenv("HINOMI_HOME", raising=False)
    assert Session().folder == Path("hinomi-home")
    monkeypatch.setenv("HINOMI_HOME", "")
    assert Session().folder == Path("hinomi-home")
    monkeypatch.setenv("HINOMI_HOME", str(tmp_path))
    assert Session().folder == tmp_path
    assert Session(home_folder=Path("there")).folder == Path("there")


def test_the_configured_level_is_what_is_logged(tmp_path: Path) -> None:
    """At level info an import is logged on standard error; standard output stays as it is."""
    from terminal import write_table  # noqa: PLC0415 - needed by this test alone.

    home = make_home(tmp_path / "home")
    (home / "config.toml").write_text('[node]\nkind = "laboratory"\n[log]\nlevel = "info"\n')

    said = hinomi("import", write_table(tmp_path / "a.csv"), "--json", home=home)

    assert "event=imported" in said.err
    assert said.document["files"][0]["stored"] == 1
