"""``hinomi retention`` shows what is due, deletes it, and says what is left."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hinomi.govern.holdings import ROWS
from terminal import hinomi, make_home, write_table


@pytest.fixture(name="home")
def a_home_with_an_old_report(tmp_path: Path) -> Path:
    """Give a home with records of today and a report of 1970."""
    home = make_home(tmp_path / "home")
    assert hinomi("import", write_table(tmp_path / "flows.csv"), home=home).code == 0
    (home / "old.html").write_text("<p>", "utf-8")
    os.utime(home / "old.html", (86_400, 86_400))
    return home


def test_the_plan_names_every_class(home: Path) -> None:
    """How long each stays, what is due of it, and when the next is."""
    said = hinomi("retention", "plan", home=home)

    assert (said.code, said.err) == (0, "")
    lines = {line.split()[0]: line for line in said.out.splitlines() if line.split()}
    assert {str(row.data_class) for row in ROWS} <= lines.keys()
    assert "30 days" in lines["flow-records"]
    assert "as long as the home" in lines["models"]
    assert " 1 " in lines["reports"]
    assert (home / "old.html").exists()


def test_the_plan_is_one_document(home: Path) -> None:
    """What is due, what will be, what stays and why, and what nothing speaks of."""
    (home / "notes.txt").touch()

    document = hinomi("retention", "plan", "--json", home=home).document

    (due,) = document["due"]
    assert (due["class"], due["what"], due["due"]) == (
        "reports", "old.html", "1970-02-02T00:00:00Z",
    )  # fmt: skip
    assert {"flow-records", "day-keys"} <= {each["class"] for each in document["later"]}
    assert "models" in {each["class"] for each in document["kept"]}
    assert document["unknown"] == ["notes.txt"]


def test_each_thing_is_shown_when_asked_for(home: Path) -> None:
    """Due ones first."""
    said = hinomi("retention", "plan", "--all", home=home)

    rows = [line for line in said.out.splitlines() if line.split()]
    assert "old.html" in rows[2]
    assert rows[2].endswith("yes")
    assert any(line.startswith("day-keys") and not line.endswith("yes") for line in rows)


def test_a_run_deletes_and_says_how_much(home: Path) -> None:
    """By class; a second run finds nothing."""
    (home / "notes.txt").touch()

    said = hinomi("retention", "run", home=home)

    assert said.code == 0
    assert "reports: 1 deleted" in said.out
    assert "none is due" in said.out
    assert said.err.startswith("hinomi: notes.txt: no class of data speaks of it")
    assert not (home / "old.html").exists()
    again = hinomi("retention", "run", "--json", home=home)
    assert not any(again.document["removed"].values())
    assert again.document["looked"]["keys"] == 1
    assert "Nothing was due." in hinomi("retention", "run", home=home).out


def test_what_is_left_is_an_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, exit 69, and no success in the journal."""
    monkeypatch.setattr("hinomi.services.retentionshelves.delete", lambda _path, **_: None)

    said = hinomi("retention", "run", home=home)

    assert (said.code, said.out) == (69, "")
    assert "reports: old.html" in said.err
    last = hinomi("journal", "show", "--last", "1", "--json", home=home).document["entries"][0]
    assert (last["operation"], last["stage"]) == ("retention", "left")


def test_a_register_that_undercuts_detection_stops_everything(home: Path) -> None:
    """Both numbers stand in the message."""
    register = home / "register.toml"
    text = register.read_text("utf-8")
    head, rest = text.split('[parameters."retention.flow_records_days"]\nvalue = 30', 1)
    changed = f'{head}[parameters."retention.flow_records_days"]\nvalue = 7{rest}'
    register.write_text(changed, "utf-8")

    said = hinomi("retention", "run", home=home)

    assert said.code == 78
    assert "retention.flow_records_days is 7, less than the 14 days" in said.err


@pytest.mark.parametrize("command", [("detect",), ("detect", "--json"), ("collect", "status")])
def test_what_is_overdue_is_said_where_people_look(home: Path, command: tuple[str, ...]) -> None:
    """On standard error, so that what is printed stays what it is."""
    words = [sys.executable, "-m", "hinomi", "--home", str(home), *command]
    before = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "retention-overdue" not in before.stderr
    (home / "keys" / "days" / "2025-01-01.key").write_bytes(bytes(32))

    after = subprocess.run(words, capture_output=True, text=True, check=True)

    assert "retention-overdue" in after.stderr
    assert "hinomi retention run" in after.stderr
    assert "overdue" not in after.stdout
