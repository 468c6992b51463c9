"""``hinomi research``: from the key to the released table, and one line where it is refused."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hinomi.cli import research
from researchers import BY_PORT, People, busy_home, require_cells
from terminal import hinomi, make_home
from worlds import write_small_world

HOURS = ("--since", "2026-01-01T12:00:00Z", "--until", "2026-01-01T13:00:00Z")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a program, a key, and the program's signature."""
    (tmp_path / "p.py").write_text(BY_PORT, "utf-8")
    made = hinomi("research", "key", tmp_path / "key", "--name", "researcher.example/1", "--json")
    (tmp_path / "key.pub").write_text(made.document["key"], "utf-8")
    said = hinomi(
        "research", "sign", tmp_path / "p.py", "--with", tmp_path / "key", "--out", tmp_path / "n"
    )
    assert said.code == 0, said.err
    return tmp_path


def ask(folder: Path, *more: object) -> tuple[object, ...]:
    """Give the words that ask to run the program."""
    signed = ("--signature", folder / "n", "--key", folder / "key.pub")
    return ("research", "request", folder / "p.py", *signed, *HOURS, "--reason", "ports", *more)


def test_the_whole_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Request, run, show, release: each says what it did, the last writes what was shown."""
    require_cells()
    home, eyes = busy_home(folder, {443: 150, 22: 9}), People()
    monkeypatch.setattr(research, "four_eyes", lambda: eyes)

    assert "request 1 waits" in hinomi(*ask(folder), home=home).out
    listed = hinomi("research", "list", home=home)
    ran = hinomi("research", "run", 1, "--json", home=home).document
    shown = hinomi("research", "show", 1, home=home)
    assert hinomi("research", "release", 1, "--reason", "paper", home=home).code == 0
    out = folder / "result.json"
    released = hinomi("research", "release", 1, "--out", out, "--json", home=home).document

    assert "asked" in listed.out
    assert ran["result"]["rows"][0][0] == 443
    assert ran["result_sha256"] == released["result_sha256"]
    assert "def describe(records):" in shown.out
    assert "least_lines: 20" in shown.out
    assert ran["result_sha256"] in shown.out
    assert out.is_file()
    assert hinomi("journal", "verify", home=home).code == 0


def test_without_people_who_approve_it_is_refused(folder: Path) -> None:
    """77, one line, and nothing is kept."""
    home = make_home(folder / "home")

    said = hinomi(*ask(folder), home=home)

    assert (said.code, said.err.count("\n")) == (77, 1)
    assert hinomi("research", "list", "--json", home=home).document == {"requests": []}


def test_a_world_needs_no_home(folder: Path) -> None:
    """The table, and how much was dropped, as a document and as text."""
    require_cells()
    world = write_small_world(folder / "world")
    words = ("research", "run", "--world", world, "--program", folder / "p.py")

    told = hinomi(*words, "--json").document
    text = hinomi(*words).out

    assert told["columns"] == ["port", "lines", "packets"]
    assert told["fault"] is None
    assert "rows over too few lines dropped" in text


def test_a_process_of_its_own_prints_one_document(folder: Path) -> None:
    """Nothing of the world's import stands on standard output before it."""
    require_cells()
    world = write_small_world(folder / "world")
    words = ["research", "run", "--world", str(world), "--program", str(folder / "p.py"), "--json"]

    ended = subprocess.run(
        [sys.executable, "-m", "hinomi", *words], capture_output=True, check=True, timeout=300
    )

    assert json.loads(ended.stdout)["columns"] == ["port", "lines", "packets"]


def test_a_fault_in_a_world_is_shown(folder: Path) -> None:
    """So that a researcher can mend the program there."""
    require_cells()
    world = write_small_world(folder / "world")
    broken = folder / "broken.py"
    broken.write_text(BY_PORT.replace("port = records[0]", "port = records[0].wings"), "utf-8")

    said = hinomi("research", "run", "--world", world, "--program", broken)

    assert "First fault: AttributeError" in said.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("run",), 64),
        (("run", "1", "--world", "w", "--program", "p"), 64),
        (("run", "--world", "w"), 64),
        (("run", "7"), 66),
        (("show", "7"), 66),
        (("release", "7"), 64),
        (("release", "7", "--reason", "x"), 66),
        (("release", "7", "--out", "x"), 66),
        (("run", "--world", "nowhere", "--program", "nothing"), 66),
    ],
    ids=str,
)
def test_wrong_use_is_one_line(folder: Path, words: tuple[str, ...], code: int) -> None:
    """With the exit code of its kind."""
    said = hinomi("research", *words, home=make_home(folder / "home"))

    assert (said.code, said.err.count("\n")) == (code, 1), said.err


@pytest.mark.parametrize(
    ("more", "code"),
    [(("--exact", "nowhere"), 64), (("--since", "2026-01-02"), 64), (("--key", "broken"), 65)],
)
def test_a_request_that_cannot_be_meant_is_one_line(
    folder: Path, more: tuple[str, ...], code: int
) -> None:
    """Before anybody is asked."""
    said = hinomi(*ask(folder, *more), home=make_home(folder / "home"))

    assert (said.code, said.err.count("\n")) == (code, 1), said.err


def test_a_key_is_never_overwritten_and_for_its_owner_alone(folder: Path) -> None:
    """A second key at the same place is a conflict; a name with spaces is none."""
    again = hinomi("research", "key", folder / "key", "--name", "researcher.example/2")

    assert again.code == 75
    assert (folder / "key").stat().st_mode & 0o077 == 0
    assert hinomi("research", "key", folder / "k2", "--name", "a b").code == 65
    assert not (folder / "k2").exists()
