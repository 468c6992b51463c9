"""``hinomi approvals``: what waits, for whom, until when, and what became of it."""

from pathlib import Path

import pytest

from hinomi.govern.roles import Kind, Role
from hinomi.services.approvals import ask
from hinomi.services.mandates import TOKEN_VARIABLE
from household import DAY_MS, Household
from terminal import hinomi


@pytest.fixture(name="house")
def household(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    """Give a home with an analyst, an officer and a reviewer."""
    house = Household(tmp_path / "home", monkeypatch)
    house.add("anna", Role.ANALYST)
    house.add("olga", Role.PRIVACY_OFFICER)
    house.add("rita", Role.REVIEWER)
    return house


def propose(house: Household, *words: str) -> None:
    """Let anna propose another number of rounds."""
    house.act_as("anna")
    said = hinomi(
        "parameters", "propose", "drill.rounds", "2", "--considerations", "quicker", *words,
        home=house.folder,
    )  # fmt: skip
    assert said.code == 0, said.err


def test_what_waits_is_listed_and_shown(house: Household) -> None:
    """With what it asks for, to whoever may decide it."""
    propose(house)
    house.act_as("rita")

    (row,) = hinomi("approvals", "list", "--json", home=house.folder).document["requests"]
    shown = hinomi("approvals", "show", "1", "--json", home=house.folder).document

    assert (row["by"], row["state"], row["kind"]) == ("anna", "open", "parameter-change")
    assert shown["what"]["value"] == 2
    assert "drill.rounds" in hinomi("approvals", "show", "1", home=house.folder).out
    assert "quicker" in hinomi("approvals", "list", home=house.folder).out


def test_what_is_decided_is_listed_on_request(house: Household) -> None:
    """Refused with the reason; approved and done."""
    propose(house)
    propose(house)
    house.act_as("rita")
    hinomi("approvals", "refuse", "1", "--reason", "too few", home=house.folder)
    said = hinomi("approvals", "approve", "2", "--json", home=house.folder)
    assert said.document["version"] == house.home().register.version

    listed = hinomi("approvals", "list", "--json", home=house.folder)
    everything = hinomi("approvals", "list", "--all", "--json", home=house.folder)

    assert listed.document["requests"] == []
    states = [each["state"] for each in everything.document["requests"]]
    assert states == ["refused", "used"]
    assert everything.document["requests"][0]["refused_because"] == "too few"


def test_approval_of_what_others_do_gives_leave(house: Household) -> None:
    """It says so, until when, and does nothing."""
    ask(house.act_as("anna"), Kind.REIDENTIFY, {"service": "own:00ff"}, "takedown")
    house.act_as("olga")

    said = hinomi("approvals", "approve", "1", home=house.folder)

    assert said.out == "Request 1 may be used once; approved by olga.\n"
    assert "approved" in hinomi("approvals", "list", home=house.folder).out


def test_an_emergency_is_reviewed_by_another_person(house: Household) -> None:
    """Overdue it is told first, and stops whoever did it from the next."""
    propose(house, "--break-glass", "the machine burns")
    said = hinomi("approvals", "list", home=house.folder)
    assert "to be reviewed" in said.out
    assert hinomi("approvals", "approve", "1", home=house.folder).code == 77

    house.act_as("rita")
    said = hinomi("approvals", "refuse", "1", "--reason", "it did not", home=house.folder)

    assert said.out == (
        "Request 1 was reviewed: breaking glass was not justified; nothing is undone by that.\n"
    )
    assert house.home().register.integer("drill.rounds") == 2


def test_an_overdue_review_is_told(house: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """On standard error, at the top of the list."""
    propose(house, "--break-glass", "the machine burns")
    later = house.clock() + 4 * DAY_MS
    monkeypatch.setattr("hinomi.clock.time.time_ns", lambda: later * 1_000_000)

    said = hinomi("approvals", "list", home=house.folder)

    assert "the after-review of request 1 is overdue: anna broke glass" in said.err
    assert "review overdue" in said.out
    again = hinomi(
        "parameters", "propose", "drill.rounds", "4", "--considerations", "x",
        "--break-glass", "again", home=house.folder,
    )  # fmt: skip
    assert again.code == 77
    assert "after-review is overdue" in again.err


def test_a_home_of_one_person_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the answer and in the list."""
    lone = Household(tmp_path / "lone", monkeypatch)
    ask(lone.home(), Kind.PUBLICATION, {"list": 1}, "weekly")

    assert "approved, alone" in hinomi("approvals", "list", home=lone.folder).out


def test_without_a_role_nothing_is_shown(house: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token of nobody: exit 77."""
    monkeypatch.setenv(TOKEN_VARIABLE, "nobody")

    assert hinomi("approvals", "list", home=house.folder).code == 77
