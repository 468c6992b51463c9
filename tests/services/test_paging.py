"""A reviewer is told that cases wait; a program that fails loses nothing."""

import os
import signal
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from docket import OTHER, SERVER, At, case_of, found, seen, service, stated, tell
from hinomi.model.case import Case, CaseState
from hinomi.model.evidence import Method
from hinomi.services import paging
from hinomi.services.cases import keep
from hinomi.services.home import Home
from hinomi.services.paging import page


def telling(home: Home, *program: object) -> Home:
    """Give a home that pages with a program."""
    cases = msgspec.structs.replace(home.config.cases, page=tuple(map(str, program)))
    config = msgspec.structs.replace(home.config, cases=cases)
    return Home(folder=home.folder, config=config, register=home.register, clock=home.clock)


def script(folder: Path, *lines: str) -> Path:
    """Write a program of the operator."""
    path = folder / "page"
    path.write_text("\n".join(("#!/bin/sh", *lines)) + "\n", "utf-8")
    path.chmod(0o755)
    return path


def cases(at: At) -> tuple[Home, list[Case]]:
    """Give a home with a case."""
    home = at(CaseState.CANDIDATE).home()
    return home, [case_of(home)]


def test_the_program_is_given_the_numbers_of_cases(at: At, tmp_path: Path) -> None:
    """After its own arguments, all in one call, and never an address."""
    home, waiting = cases(at)
    program = script(tmp_path, f'echo "$@" >> {tmp_path}/told')

    told = page(telling(home, program, "--urgent"), [*waiting, *waiting])

    assert told == 2
    assert (tmp_path / "told").read_text("utf-8") == "--urgent 1 1\n"


def test_nobody_is_told_of_nothing(at: At, tmp_path: Path) -> None:
    """Neither without a case nor without a program."""
    home, waiting = cases(at)
    program = script(tmp_path, f"touch {tmp_path}/told")

    assert page(telling(home, program), []) == 0
    assert page(home, waiting) == 0
    assert not (tmp_path / "told").exists()


@pytest.mark.parametrize("fault", ["exit 3", "kill -9 $$", None, "not executable"])
def test_a_program_that_fails_is_a_warning(at: At, tmp_path: Path, fault: str | None) -> None:
    """One line, without an address; the case waits all the same."""
    home, waiting = cases(at)
    program = tmp_path / "missing"
    if fault is not None:
        program = script(tmp_path, fault)
    if fault == "not executable":
        program.chmod(0o644)

    with capture_logs() as told:
        assert page(telling(home, program), waiting) == 0

    (warned,) = told
    assert warned["log_level"] == "warning"
    assert "hinomi case list --urgent" in warned["event"]
    assert SERVER not in str(warned)
    assert case_of(home).is_urgent


def test_a_program_that_hangs_does_not_hold_the_run_up(
    at: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor what it left running: the run goes on while that still lives."""
    monkeypatch.setattr(paging, "_SECONDS", 0.3)
    home, waiting = cases(at)
    program = script(tmp_path, "sleep 60 &", f"echo $! > {tmp_path}/left", "wait")

    assert page(telling(home, program), waiting) == 0

    left = int((tmp_path / "left").read_text("utf-8"))
    os.kill(left, 0)  # It is still there; page waited for nobody.
    os.kill(left, signal.SIGKILL)


def test_a_run_whose_paging_fails_loses_nothing(at: At, tmp_path: Path) -> None:
    """Its cases are open, and the journal says so."""
    house = at()
    home = telling(house.home(), tmp_path / "missing")
    tell(home, stated(house, Method.MALWARE), stated(house, Method.MALWARE, service=service(OTHER)))

    kept = keep(home, found(home, seen(house), seen(house, of=service(OTHER))))

    assert [each.is_urgent for each in kept.opened] == [True, True]
    assert house.entries()[-1]["stage"] == "done"


def test_a_run_pages_once(at: At, tmp_path: Path) -> None:
    """Those that became urgent just now: the next run does not tell of them again."""
    house = at()
    program = script(tmp_path, f'echo "$@" >> {tmp_path}/told')
    home = telling(house.home(), program)
    tell(home, stated(house, Method.MALWARE))

    for _ in range(2):
        keep(home, found(home, seen(house), seen(house, of=service(OTHER))))

    assert (tmp_path / "told").read_text("utf-8") == "1\n"
