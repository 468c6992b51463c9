"""Every failure of a run is one line and an exit code."""

import subprocess
import sys
from pathlib import Path

import pytest

from hinomi.errors import INTERRUPTED
from hinomi.services.home import Home
from terminal import hinomi, make_home


def test_an_unforeseen_failure_is_one_line_without_its_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours: exit 70, its type and the advice; its message might hold a value."""
    home = make_home(tmp_path / "home")
    monkeypatch.delenv("HINOMI_DEBUG", raising=False)
    monkeypatch.setattr(Home, "cipher", _fail)

    said = hinomi("config", "check", "--json", home=home)

    assert said.code == 70
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "HINOMI_DEBUG=1" in said.err
    assert "192.0.2.1" not in said.err


def test_debugging_shows_the_failure_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With HINOMI_DEBUG=1 the exception comes through with its traceback."""
    home = make_home(tmp_path / "home")
    monkeypatch.setenv("HINOMI_DEBUG", "1")
    monkeypatch.setattr(Home, "cipher", _fail)

    with pytest.raises(RuntimeError, match="a row of"):
        hinomi("config", "check", home=home)


def test_an_interrupt_is_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with 130 and one line, not with a traceback."""
    home = make_home(tmp_path / "home")
    monkeypatch.setattr(Home, "cipher", _interrupt)

    said = hinomi("config", "check", home=home)

    assert said.code == INTERRUPTED
    assert "interrupted" in said.err
    assert "Traceback" not in said.err


def test_a_reader_that_goes_away_is_no_failure_to_talk_about(tmp_path: Path) -> None:
    """Output into a closed pipe ends quietly."""
    home = make_home(tmp_path / "home")
    command = [sys.executable, "-m", "hinomi", "--home", str(home), "journal", "show", "--json"]

    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        process.wait(60)

    assert said == ""


def test_the_program_runs_as_a_module_and_gives_its_exit_code(tmp_path: Path) -> None:
    """`python -m hinomi` is the program: the exit code reaches the shell."""
    command = [sys.executable, "-m", "hinomi", "--home", str(tmp_path / "no"), "lists", "show"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 66
    assert done.stdout == ""
    assert done.stderr.startswith("hinomi: no home at ")


def _fail(_home: Home) -> None:
    raise RuntimeError("a row of 192.0.2.1")


def test_an_interrupt_while_modules_load_is_130() -> None:
    """Exit 130 without a traceback: a module that is interrupted as it loads."""
    script = (
        "import sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'hinomi.cli.running': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stop())\n"
        "from hinomi.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=False, timeout=60
    )

    assert (done.returncode, done.stderr) == (INTERRUPTED, b"")


def _interrupt(_home: Home) -> None:
    raise KeyboardInterrupt
