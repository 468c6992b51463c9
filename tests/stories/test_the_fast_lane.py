"""Two methods agree on a server that flow has not shown: a person is called, and time is kept."""

import json
import stat
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest

from casework import Provider, provider

SERVER: Final = "203.0.113.9"
PORT: Final = 23_232

PAGER: Final = """#!/bin/sh
for each in "$@"; do printf '%s\\n' "$each" >> "{notes}"; done
env | grep -c "203.0.113" >> "{notes}.found"
exit {code}
"""


def pager(home: Provider, code: int = 0) -> Path:
    """Name a program that writes down what it is told; give where."""
    program, notes = home.folder.parent / "pager", home.folder.parent / "paged.txt"
    program.write_text(PAGER.format(notes=notes, code=code), "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    config = home.folder / "config.toml"
    told = config.read_text("utf-8").replace("page = []", f"page = [{json.dumps(str(program))}]")
    config.write_text(told, "utf-8")
    return notes


def of_honeypots(home: Provider, source: str = "honeynet") -> list[int]:
    """Let a honeypot's keeper name the server to which a captured bot reported, today."""
    row = {"address": SERVER, "protocol": "tcp", "port": PORT}
    words = ("--format", "list", "--claim", "cc", "--method", "honeypot")
    found: list[int] = home.hears(source, [row], *words)["opened"]
    return found


@pytest.fixture(name="home")
def a_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Make a home on its second day."""
    home = provider(tmp_path, monkeypatch)
    home.at_day(1)
    return home


def test_a_reviewer_is_paged_with_a_number_and_no_address(home: Provider) -> None:
    """One method alone calls nobody; the second opens the case, urgent, and the pager rings."""
    notes = pager(home)
    assert of_honeypots(home) == []
    assert home.cases() == []
    assert not notes.exists()

    (number,) = home.samples(SERVER, PORT)["opened"]

    (case,) = home.cases("--urgent")
    assert (case["case"], case["state"], case["methods"]) == (number, "candidate", 2)
    assert notes.read_text("utf-8").split() == [str(number)]
    assert notes.with_name("paged.txt.found").read_text("utf-8").strip() == "0"
    home.samples(SERVER, PORT)
    home.ask("anna", "case", "recheck")
    assert notes.read_text("utf-8").split() == [str(number)]  # Who was called is not called again.


def test_a_pager_that_fails_loses_no_case(home: Provider) -> None:
    """The case waits all the same, and is seen among the urgent ones."""
    pager(home, code=3)
    of_honeypots(home)

    (number,) = home.samples(SERVER, PORT)["opened"]

    assert [each["case"] for each in home.cases("--urgent")] == [number]


def test_hours_from_candidate_to_listed_come_out_of_the_history(home: Provider) -> None:
    """Opened, agreed on, cleared and approved: each with its time and person."""
    of_honeypots(home)
    (number,) = home.samples(SERVER, PORT)["opened"]
    for hours, step in enumerate(("anna", "rita")):
        home.at_day(1 + (1 + hours) / 24)
        home.judges(step, number, "cc", "dedicated")
    home.at_day(1 + 3.5 / 24)
    home.ask("ruth", "case", "approve", number)

    history = home.show(number)["history"]
    at = {each["step"]: datetime.fromisoformat(each["at"]) for each in history}
    assert (at["list"] - at["open"]).total_seconds() == 3.5 * 3_600
    assert [each["address"] for each in home.export()] == [SERVER]
    assert home.cases("--urgent") == []
